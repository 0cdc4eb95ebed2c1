/**
 * Checks the gradient of a function that for some arguments never returns: Newton's method for y³ − 2y + 2 = x from y = 0 goes
 * to 1 and back for ever where x = 0. Each check runs in a worker thread of @fast-check/worker, which is stopped when its time
 * is over, so that the argument is found and shrunk like any other.
 */
import { isMainThread } from 'node:worker_threads'
import { assert, propertyFor } from '@fast-check/worker'
import { checkGradient } from '@wengert/gradcheck/plain'
import fc from 'fast-check'

function root(x: number): number {
  let y = 0
  let residual = 2 - x
  while (Math.abs(residual) > 1e-14 * (1 + Math.abs(x))) {
    y -= residual / (3 * y ** 2 - 2)
    residual = y ** 3 - 2 * y + 2 - x
  }
  return y
}

const property = propertyFor(new URL(import.meta.url))
const rightForAll = property(fc.integer({ min: -12, max: 12 }), (x) => {
  const slope = (y: number) => 1 / (3 * y ** 2 - 2)
  checkGradient({ value: ([x = 0]) => root(x), gradient: ([x = 0]) => [slope(root(x))] }, [x / 4])
})

// The worker runs this file too.
if (isMainThread)
  await assert(rightForAll, { seed: 1, timeout: 1000 }).then(
    () => console.log('The gradient is right for all arguments.'),
    ({ message, cause }: Error) => console.log(`${message}\n${cause}`),
  )
