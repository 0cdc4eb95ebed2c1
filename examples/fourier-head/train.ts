import {
  data,
  fold,
  type Key,
  key,
  linspace,
  mean,
  normal,
  relu,
  softmax,
  state,
  sum,
  type Tensor,
  valueAndGrad,
  xLogY,
} from '@wengert/core'
import { batches, trainTestSplit } from '@wengert/data'
import { crossEntropy } from '@wengert/losses'
import { type DenseParams, dense, fourierHead, type Layer, type Params, sequential } from '@wengert/nn'
import { adam, applyUpdates } from '@wengert/optim'
import { type Draws, draw, truth } from './truth.ts'

export const bins = 50
/** Where densities are shown. */
export const places = [-0.6, 0, 0.6]
const hidden = 64

/** A last layer, from features to logits of bins. */
export type Head = Layer<DenseParams>

/** The heads that are compared: a number for each bin, or N frequencies. */
export const heads: Readonly<Record<string, Head>> = {
  linear: dense({ in: hidden, out: bins }),
  'Fourier, N = 4': fourierHead({ in: hidden, bins, frequencies: 4 }),
  'Fourier, N = 8': fourierHead({ in: hidden, bins, frequencies: 8 }),
  'Fourier, N = 16': fourierHead({ in: hidden, bins, frequencies: 16 }),
}

// Biases apart from 0, so that the first layer has kinks at all places and not at 0 alone.
const body = sequential(dense({ in: 1, out: hidden, biasInit: normal }), relu, dense({ in: hidden, out: hidden }), relu)
const optimizer = adam({ lr: 3e-3 })
const grid = linspace(-1, 1, 101).expandDims(1)
const wanted = truth(grid, bins)

export interface Settings {
  /** Numbers drawn, of which a fifth only tells when to stop. */
  readonly count: number
  readonly steps: number
  readonly seed: number
}

export interface Outcome {
  /** Divergence of the true distribution from the learned one, in nats, the mean over places: after the step that fits the numbers held back best. */
  readonly divergence: number
  /** The same after the last step. */
  readonly last: number
  /** Learned probabilities at the places that are shown, one list each. */
  readonly shown: readonly (readonly number[])[]
}

/** Learns the distribution of a number from draws. */
export async function train(head: Head, { count, steps, seed }: Settings): Promise<Outcome> {
  const { train, test: held } = trainTestSplit(draw(fold(key(seed), 0), count, bins), { key: fold(key(seed), 1) })
  type P = { readonly body: Params<typeof body>; readonly head: DenseParams }
  const params: P = { body: body.init(fold(key(seed), 2)), head: head.init(fold(key(seed), 3)) }
  const logits = (p: P, x: Tensor): Tensor => head.apply(p.head, body.apply(p.body, x))
  const training = state({ params, opt: optimizer.init(params) })
  let [least, divergence, last] = [Number.POSITIVE_INFINITY, 0, 0]
  let shown: readonly (readonly number[])[] = []
  let step = 0
  for (const { x, labels } of endless(train, fold(key(seed), 4), steps)) {
    await training.update(({ params, opt }) => {
      const objective = (p: P): Tensor => mean(crossEntropy(logits(p, x), labels))
      const [value, grads] = valueAndGrad(objective)(params)
      const [updates, next] = optimizer.update(grads, opt, params)
      return [{ params: applyUpdates(params, updates), opt: next }, value]
    })
    if (++step % 10 !== 0 && step !== steps) continue
    const learned = softmax(logits(training.value.params, grid))
    const apart = mean(sum(xLogY(wanted, wanted).sub(xLogY(wanted, learned)), { axis: -1 }))
    const heldCost = mean(crossEntropy(logits(training.value.params, held.x), held.labels))
    const [cost, now, probabilities] = (await data([heldCost, apart, learned])) as Float32Array[]
    last = now?.[0] as number
    if ((cost?.[0] as number) < least) {
      least = cost?.[0] as number
      divergence = last
      const rows = places.map((place) => Math.round(50 * (place + 1)))
      shown = rows.map((row) => Array.from(probabilities?.slice(row * bins, (row + 1) * bins) ?? []))
    }
  }
  return { divergence, last, shown }
}

/** Batches in ever new order. */
function* endless(draws: Draws, key: Key, steps: number): Generator<Draws> {
  const size = Math.min(512, draws.labels.shape[0] as number)
  for (let [epoch, step] = [0, 0]; step < steps; epoch++)
    for (const batch of batches(draws, { size, key: fold(key, epoch), dropLast: true })) if (step++ < steps) yield batch
}
