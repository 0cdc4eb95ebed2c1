/**
 * Prints what softBinaryArgmax costs, forward and with its gradient, beside a sort of the same numbers and a plain version for the
 * host that sorts and pools; then many rows at once, on the CPU and on WebGPU; then what hypersimplexMulticlassLoss adds to
 * a training step beside crossEntropy. Takes some minutes; run it by itself:
 * `node --conditions=@wengert/source benchmarks/hypersimplex.ts`
 */
import { cpu } from '@wengert/backend-cpu'
import { webgpu } from '@wengert/backend-webgpu'
import { data, fold, grad, key, mean, normal, randomInt, sum, type Tensor, tensor, useBackend } from '@wengert/core'
import { crossEntropy, hypersimplexMulticlassLoss, softBinaryArgmax } from '@wengert/losses'
import { driverEnvironment } from '../scripts/gpu.ts'
import { compare } from './compare.ts'
import { sortedProjection } from './sortedProjection.ts'

useBackend(cpu())
const temperature = 1.5
console.log(`Node ${process.version}; medians of the rounds in turn, with their range; ratios to the first line`)

for (const n of [1e3, 1e4, 1e5, 1e6]) {
  const scores = normal(key(n), [n], { dtype: 'f64' }).dataSync() as Float64Array
  const k = n / 2
  const project = (x: Tensor): Tensor => softBinaryArgmax(x, k, { temperature })
  check(sortedProjection(scores, k, temperature), project(tensor(scores)).dataSync(), 1e-9)
  const ours = (['f32', 'f64'] as const).flatMap((dtype) => {
    const numbers = dtype === 'f32' ? Float32Array.from(scores) : scores
    const weights = normal(key(n + 1), [n], { dtype })
    weights.dataSync()
    const slope = grad((x: Tensor) => sum(project(x).mul(weights)))
    return [
      { name: `softBinaryArgmax, ${dtype}`, run: () => project(tensor(numbers)).dataSync() },
      { name: `forward and gradient, ${dtype}`, run: () => slope(tensor(numbers)).dataSync() },
    ]
  })
  const settings = n < 1e5 ? {} : { rounds: 5, time: 0, iterations: n < 1e6 ? 5 : 2 }
  await compare(
    `One row of ${n} elements, k = ${k}`,
    [
      { name: 'Float64Array.sort', run: () => scores.slice().sort() },
      { name: 'plain: sort, pool, clip', run: () => sortedProjection(scores, k, temperature) },
      ...ours,
    ],
    settings,
  )
}

const width = 4096
const few = rowsOf(64)
await compare(
  `64 rows of ${width} elements, f32, k = 64`,
  [
    { name: 'plain: sort, pool, clip', run: () => few.plain.map((row) => sortedProjection(row, 64, temperature)) },
    { name: 'softBinaryArgmax', run: () => softBinaryArgmax(few.x, 64, { temperature }).dataSync() },
  ],
  { rounds: 3, time: 0, iterations: 3 },
)

const driver = driverEnvironment()
if (driver) {
  Object.assign(process.env, driver)
  const backend = await webgpu()
  const many = rowsOf(1024)
  // Only the sum is read back, so that the transfer weighs little.
  const onDevice = (f: (x: Tensor) => Tensor) => () => sum(f(many.x)).data({ backend })
  const info = backend.device.adapterInfo
  await compare(
    `1024 rows of ${width} elements, f32, k = 64, WebGPU on ${info.description || info.device || info.vendor}`,
    [
      { name: 'sum alone', run: onDevice((x) => x) },
      { name: 'softBinaryArgmax', run: onDevice((x) => softBinaryArgmax(x, 64, { temperature })) },
      { name: 'the same on the CPU', run: () => sum(softBinaryArgmax(many.x, 64, { temperature })).item() },
      { name: 'plain: sort, pool, clip', run: () => many.plain.map((row) => sortedProjection(row, 64, temperature)) },
    ],
    { rounds: 3, time: 0, iterations: 1 },
  )
} else console.log('\nNo WebGPU adapter: 1024 rows of 4096 elements are left out.')

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

/** Rows of normal numbers, as a tensor and as arrays. */
function rowsOf(count: number): { readonly x: Tensor; readonly plain: readonly Float64Array[] } {
  const x = normal(key(2), [count, width])
  const numbers = x.dataSync()
  const plain = Array.from({ length: count }, (_, r) => Float64Array.from(numbers.subarray(r * width, (r + 1) * width)))
  return { x, plain }
}

function check(wanted: ArrayLike<number>, got: ArrayLike<number>, tolerance: number): void {
  for (let i = 0; i < wanted.length; i++)
    if (!(Math.abs((wanted[i] as number) - (got[i] as number)) < tolerance))
      throw new Error(`element ${i} must be ${wanted[i]}, got ${got[i]}.`)
}
