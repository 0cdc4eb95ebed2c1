/** Checks the gradients of functions that other frameworks differentiate, or you: softplus, which overflows if one lets it. */
import * as jax from '@jax-js/jax'
import { GradientCheckError } from '@wengert/gradcheck/plain'
import { softplus } from './softplus.ts'

const points: readonly (readonly number[])[] = [
  [-3, 0, 2],
  [0, 88],
  [0, 89],
  [0, 1000],
]

/** What a check finds: nothing, or why the gradient is wrong. */
function errorOf(check: () => unknown): GradientCheckError | null {
  try {
    check()
    return null
  } catch (error) {
    if (error instanceof GradientCheckError) return error
    throw error
  }
}

function print(name: string, cells: readonly string[]): void {
  console.log(`${name.padEnd(38)}${cells.map((cell) => cell.padEnd(13)).join('')}`.trimEnd())
}

await jax.init('wasm')
jax.defaultDevice('wasm')

const rows = softplus.map(({ author, formula, check }) => ({
  name: `${author.padEnd(9)}${formula}`,
  errors: points.map((x) => errorOf(() => check(x))),
}))

const headers = points.map((x) => `x = ${x.join(', ')}`)
print('The gradient of softplus in f32', headers)
for (const { name, errors } of rows) {
  const verdicts = errors.map((error) => error?.verdict ?? 'right')
  print(name, verdicts)
}
for (const { name, errors } of rows) {
  const first = errors.find((error) => error !== null)
  if (first) console.log(`\n${name}\n${first.message}`)
}
