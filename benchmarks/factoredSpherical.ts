/**
 * Prints what a training step of an output layer costs by the number of classes: factoredSphericalLayer with the Z-loss
 * beside a dense layer with crossEntropy, gradient by the hidden features included. Takes some minutes; run it by itself:
 * `node --conditions=@wengert/source benchmarks/factoredSpherical.ts`
 */
import { cpu } from '@wengert/backend-cpu'
import {
  compile,
  key,
  matmul,
  mean,
  normal,
  randomInt,
  state,
  sum,
  type Tensor,
  tensor,
  useBackend,
  valueAndGrad,
  vjp,
} from '@wengert/core'
import {
  crossEntropy,
  factoredSphericalLayer,
  rowTable,
  type SphericalFactors,
  type SphericalSums,
  sphericalForms,
} from '@wengert/losses'

type Step = (labels: Tensor, hidden: Tensor) => Promise<void>

const [features, batch] = [64, 8]
const lr = 1e-3
const classCounts = [1e3, 1e4, 1e5, 1e6]

function factoredStep(classes: number): Step {
  const layer = factoredSphericalLayer({ in: features, out: classes })
  const start = layer.init(key(1))
  const table = rowTable(start.table.dataSync() as Float32Array, features)
  const run = compile((factors: SphericalFactors, rows: Tensor, labels: Tensor, hidden: Tensor) => {
    const [sums, pullback] = vjp((h: Tensor) => layer.apply(factors, rows, h), hidden)
    const [loss, gradients] = valueAndGrad((s: SphericalSums) => mean(sphericalForms.z(s, classes)))(sums)
    const [gradHidden] = pullback(gradients)
    return { loss, gradHidden, ...layer.update(factors, { rows, indices: labels, hidden, gradients, lr }) }
  })
  let { factors } = start
  return async (labels, hidden) => {
    const indices = labels.reshape([batch, 1])
    const next = run(factors, table.take(labels).expandDims(1), indices, hidden)
    factors = next.factors
    await table.add(labels, next.change)
  }
}

function denseStep(classes: number): Step {
  const training = state(normal(key(1), [classes, features]).div(Math.sqrt(features)))
  return async (labels, hidden) => {
    await training.update((weight) => {
      const objective = ([w, h]: readonly [Tensor, Tensor]): Tensor =>
        mean(crossEntropy(matmul(h, w.transpose()), labels))
      const [loss, [slope, gradHidden]] = valueAndGrad(objective)([weight, hidden] as const)
      return [weight.sub(slope.mul(lr)), [loss, sum(gradHidden)]]
    })
  }
}

/** Time of one step in µs, its data apart. */
async function timed(step: Step, classes: number, seed: number): Promise<number> {
  const labels = tensor(randomInt(key(seed), [batch], { high: classes }).dataSync())
  const hidden = tensor(normal(key(seed), [batch, features]).dataSync(), { shape: [batch, features] })
  const start = performance.now()
  await step(labels, hidden)
  return 1000 * (performance.now() - start)
}

function median(list: readonly number[]): number {
  return list.toSorted((a, b) => a - b)[list.length >> 1] as number
}

useBackend(cpu())
const factored = classCounts.map(factoredStep)
const times: number[][] = classCounts.map(() => [])
// Step by step in turn, so that whatever else the machine does falls on all alike; the first steps warm up.
for (let step = 0; step < 1500; step++)
  for (const [i, classes] of classCounts.entries()) {
    const time = await timed(factored[i] as Step, classes, step)
    if (step >= 500) times[i]?.push(time)
  }
const ours = times.map(median)

console.log(`A training step of the output layer, D = ${features}, batch of ${batch}, f32, Node ${process.version}`)
console.log('classes      factored     by the first      dense, crossEntropy      ratio')
for (const [i, classes] of classCounts.entries()) {
  const own = ours[i] as number
  const dense = denseStep(classes)
  const others: number[] = []
  const count = Math.max(3, Math.min(60, Math.round(1e6 / classes)))
  for (let step = 0; step <= count; step++) others.push(await timed(dense, classes, step))
  const other = median(others.slice(1))
  const cells = [
    String(classes).padStart(7),
    `${own.toFixed(0)} µs`.padStart(14),
    `${(own / (ours[0] as number)).toFixed(2)}×`.padStart(17),
    `${other.toFixed(0)} µs`.padStart(25),
    `${(other / own).toFixed(1)}×`.padStart(11),
  ]
  console.log(cells.join(''))
}
