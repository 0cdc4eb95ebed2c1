/**
 * Prints what softBinaryArgmax costs beside a sort of the same numbers and a plain version for the host that sorts and pools, and
 * what hypersimplexMulticlassLoss adds to a training step beside crossEntropy. Takes some minutes; run it by itself:
 * `node --conditions=@wengert/source benchmarks/hypersimplex.ts`
 */
import { cpu } from '@wengert/backend-cpu'
import { data, fold, grad, key, mean, normal, randomInt, sum, type Tensor, tensor, useBackend } from '@wengert/core'
import { crossEntropy, hypersimplexMulticlassLoss, softBinaryArgmax } from '@wengert/losses'
import { compare } from './compare.ts'
import { sortedProjection } from './sortedProjection.ts'

useBackend(cpu())
const temperature = 1.5
console.log(`Node ${process.version}; medians of the rounds in turn, with their range; ratios to the first line`)

for (const n of [1e3, 1e5, 1e6]) {
  const scores = normal(key(n), [n], { dtype: 'f64' }).dataSync() as Float64Array
  const singles = Float32Array.from(scores)
  const weights = normal(key(n + 1), [n], { dtype: 'f64' })
  weights.dataSync()
  const k = n / 2
  const project = (x: Tensor): Tensor => softBinaryArgmax(x, k, { temperature })
  const slope = grad((x: Tensor) => sum(project(x).mul(weights)))
  check(sortedProjection(scores, k, temperature), project(tensor(scores)).dataSync())
  const settings = n < 1e5 ? {} : { rounds: 3, time: 0, iterations: n < 1e6 ? 5 : 2 }
  await compare(
    `One row of ${n} elements, f64, k = ${k}`,
    [
      { name: 'Float64Array.sort', run: () => scores.slice().sort() },
      { name: 'plain: sort, pool, clip', run: () => sortedProjection(scores, k, temperature) },
      { name: 'softBinaryArgmax', run: () => project(tensor(scores)).dataSync() },
      { name: 'softBinaryArgmax, f32', run: () => project(tensor(singles)).dataSync() },
      { name: 'its gradient, forward included', run: () => slope(tensor(scores)).dataSync() },
    ],
    settings,
  )
}

const rows = 64
const wide = normal(key(2), [rows, 4096])
wide.dataSync()
const rowsOf = Array.from({ length: rows }, (_, r) =>
  Float64Array.from(wide.dataSync().subarray(r * 4096, (r + 1) * 4096)),
)
await compare(
  `${rows} rows of 4096 elements, f32, k = 64`,
  [
    { name: 'plain: sort, pool, clip', run: () => rowsOf.map((row) => sortedProjection(row, 64, temperature)) },
    { name: 'softBinaryArgmax', run: () => softBinaryArgmax(wide, 64, { temperature }).dataSync() },
  ],
  { rounds: 3, time: 0, iterations: 3 },
)

for (const batch of [128, 1024]) {
  const logits = normal(fold(key(3), batch), [batch, 10])
  const labels = randomInt(fold(key(4), batch), [batch], { high: 10 })
  await data([logits, labels])
  const step = (loss: (z: Tensor) => Tensor) => {
    const slope = grad((z: Tensor) => mean(loss(z)))
    return () => slope(logits).dataSync()
  }
  await compare(
    `Gradient of a loss of ${batch} examples and 10 classes, f32`,
    [
      { name: 'crossEntropy', run: step((z) => crossEntropy(z, labels)) },
      { name: 'hypersimplexMulticlassLoss', run: step((z) => hypersimplexMulticlassLoss(z, labels)) },
    ],
    { rounds: 3 },
  )
}

function check(wanted: ArrayLike<number>, got: ArrayLike<number>): void {
  for (let i = 0; i < wanted.length; i++)
    if (!(Math.abs((wanted[i] as number) - (got[i] as number)) < 1e-9))
      throw new Error(`element ${i} must be ${wanted[i]}, got ${got[i]}.`)
}
