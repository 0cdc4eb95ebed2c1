/**
 * Prints what losses over the pairs and triplets of a batch cost, time and greatest memory of a gradient, beside the same written with
 * B · B · B intermediates. Takes some minutes; run it by itself: `node --conditions=@wengert/source benchmarks/pairwise.ts`
 */
import { type CpuBackend, cpu } from '@wengert/backend-cpu'
import {
  arange,
  data,
  fold,
  grad,
  key,
  logSumExp,
  maximum,
  mean,
  normal,
  randomInt,
  relu,
  sum,
  type Tensor,
  where,
} from '@wengert/core'
import { cosineLogits, multiSimilarityLoss, supConLoss, tripletMarginLoss } from '@wengert/losses'

type Loss = (embeddings: Tensor, labels: Tensor) => Tensor

interface Contender {
  readonly name: string
  readonly loss: Loss
  /** Greatest batch that is tried. */
  readonly upTo: number
}

const features = 64
const classSize = 4
const batches = [64, 256, 1024, 2048]
const naive = 256
const runs = 2

const { backend, reset, peak } = watched()
console.log(
  `Node ${process.version}; gradient of a batch of [B, ${features}] in f32, ${classSize} examples a class; least of ${runs} runs`,
)
console.log('loss                                  B       time      memory   in units of B · B floats')
check(cubeOfTriplets, tripletMarginLoss)
check(cubeOfRest, (x, y) => mean(supConLoss(x, y)))
for (const B of batches)
  for (const { name, loss, upTo } of contenders()) {
    if (B > upTo) continue
    const [embeddings, labels] = batchOf(B)
    await data([embeddings, labels], { backend })
    const slope = grad((x: Tensor) => loss(x, labels))
    let least = Number.POSITIVE_INFINITY
    for (let run = 0; run < runs; run++) {
      reset()
      const start = performance.now()
      slope(embeddings).dataSync({ backend })
      least = Math.min(least, performance.now() - start)
    }
    const floats = peak() / (4 * B * B)
    console.log(
      `${name.padEnd(34)} ${String(B).padStart(4)} ${least.toFixed(1).padStart(8)} ms ${(peak() / 1e6).toFixed(1).padStart(8)} MB ${floats.toFixed(1).padStart(8)}`,
    )
  }

function batchOf(B: number): [Tensor, Tensor] {
  return [normal(fold(key(0), B), [B, features]), randomInt(fold(key(1), B), [B], { high: B / classSize })]
}

function check(wanted: Loss, got: Loss): void {
  const [a, b] = [wanted, got].map((loss) => loss(...batchOf(64)).item({ backend }))
  if (!(Math.abs((a as number) - (b as number)) < 1e-5)) throw new Error(`the loss must be ${a}, got ${b}.`)
}

function contenders(): Contender[] {
  return [
    { name: 'tripletMarginLoss', loss: (x, y) => tripletMarginLoss(x, y), upTo: 2048 },
    {
      name: 'tripletMarginLoss, semihard',
      loss: (x, y) => tripletMarginLoss(x, y, { mining: { type: 'semihard' } }),
      upTo: 2048,
    },
    { name: 'tripletMarginLoss, smooth', loss: (x, y) => tripletMarginLoss(x, y, { smooth: true }), upTo: naive },
    { name: 'tripletMarginLoss with B · B · B', loss: cubeOfTriplets, upTo: naive },
    { name: 'multiSimilarityLoss', loss: (x, y) => mean(multiSimilarityLoss(x, y)), upTo: 2048 },
    { name: 'supConLoss', loss: (x, y) => mean(supConLoss(x, y)), upTo: 2048 },
    { name: 'supConLoss with B · B · B', loss: cubeOfRest, upTo: naive },
  ]
}

/** All triplets as one tensor. */
function cubeOfTriplets(x: Tensor, y: Tensor): Tensor {
  const { same, own } = masks(y)
  const squares = cosineLogits(x, x).mul(-2).add(2)
  const far = where(squares.lessEqual(1e-6), 0, squares.sqrt())
  const violation = far.expandDims(2).sub(far.expandDims(1)).add(0.05)
  const chosen = own.expandDims(2).and(same.not().expandDims(1))
  const terms = where(chosen, relu(violation), 0)
  return sum(terms).div(maximum(sum(terms.greater(0)), 1).cast('f32'))
}

/** Each pair with its own copy of what stands beside it in the batch. */
function cubeOfRest(x: Tensor, y: Tensor): Tensor {
  const { own, self } = masks(y)
  const z = where(self, Number.NEGATIVE_INFINITY, cosineLogits(x, x).div(0.1))
  const beside = z.expandDims(1).sub(where(own, z, 0).expandDims(2))
  const terms = where(own, logSumExp(beside, { axis: 2 }), 0)
  return mean(sum(terms, { axis: 1 }).div(maximum(sum(own, { axis: 1 }), 1).cast('f32')))
}

/** Whether two examples are of one class, and whether they are also different ones. */
function masks(y: Tensor): { same: Tensor; own: Tensor; self: Tensor } {
  const place = arange(y.shape[0] as number, { dtype: 'i32' })
  const self = place.equal(place.expandDims(-1))
  const same = y.equal(y.expandDims(-1))
  return { same, own: same.and(self.not()), self }
}

/** A backend that knows the most it held since it was asked to forget. */
function watched(): { backend: CpuBackend; reset: () => void; peak: () => number } {
  const inner = cpu()
  let most = 0
  const backend: CpuBackend = {
    ...inner,
    alloc(dtype, size) {
      const buffer = inner.alloc(dtype, size)
      most = Math.max(most, inner.memory().bytes)
      return buffer
    },
  }
  return {
    backend,
    reset: () => {
      most = 0
    },
    peak: () => most,
  }
}
