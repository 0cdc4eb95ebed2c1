import {
  argMax,
  data,
  fold,
  type Key,
  key,
  matmul,
  mean,
  oneHot,
  state,
  sum,
  type Tensor,
  valueAndGrad,
} from '@wengert/core'
import { crossEntropy } from '@wengert/losses'
import { dense, lssaAttention, lssarAttention, type Params, scaledDotProductAttention } from '@wengert/nn'
import { adam, applyUpdates } from '@wengert/optim'
import { draw, marks, names } from './recall.ts'

/** How much a query takes of values [N, L, E] by keys: [N, 1, E]. */
type Attention = (queries: Tensor, keys: Tensor, values: Tensor) => Tensor

export const attentions: Readonly<Record<string, Attention>> = {
  softmax: scaledDotProductAttention,
  'softmax, scaled by log N': (q, k, v) =>
    scaledDotProductAttention(q, k, v, { scale: Math.log(k.shape.at(-2) as number) / 4 }),
  LSSA: lssaAttention,
  'LSSAR, p = 3': (q, k, v) => lssarAttention(q, k, v, { p: 3 }),
  'LSSAR, p = 15': (q, k, v) => lssarAttention(q, k, v, { p: 15 }),
}

export interface Settings {
  /** Number of notes in training. */
  readonly length: number
  readonly steps: number
  readonly seed: number
}

/** What is found out with sequences of one length. */
export interface Score {
  /** Share of right answers. */
  readonly right: number
  /** The mean weight of the note that was asked for. */
  readonly weight: number
}

/** Scores a way to answer, given a length. */
export type Answerer = (length: number) => Promise<Score>

const size = 16
const part = dense({ in: names + marks, out: size, bias: false })
const last = dense({ in: size, out: marks })
const optimizer = adam({ lr: 1e-2 })

interface Model {
  readonly query: Params<typeof part>
  readonly key: Params<typeof part>
  readonly value: Params<typeof part>
  readonly last: Params<typeof last>
}

/** Trains one layer of attention on sequences of one length. */
export async function train(attend: Attention, { length, steps, seed }: Settings): Promise<Answerer> {
  const keys = [0, 1, 2, 3].map((i) => fold(key(seed), i)) as [Key, Key, Key, Key]
  const params: Model = {
    query: part.init(keys[0]),
    key: part.init(keys[1]),
    value: part.init(keys[2]),
    last: last.init(keys[3]),
  }
  const looked = (p: Model, notes: Tensor, asked: Tensor, values: Tensor): Tensor =>
    attend(part.apply(p.query, asked), part.apply(p.key, notes), values).squeeze(1)
  const logits = (p: Model, notes: Tensor, asked: Tensor): Tensor =>
    last.apply(p.last, looked(p, notes, asked, part.apply(p.value, notes)))
  const training = state({ params, opt: optimizer.init(params) })
  for (let step = 0; step < steps; step++) {
    const { notes, asked, answers } = draw(fold(key(seed), 10 + step), 64, length)
    await training.update(({ params, opt }) => {
      const objective = (p: Model): Tensor => mean(crossEntropy(logits(p, notes, asked), answers))
      const [value, grads] = valueAndGrad(objective)(params)
      const [updates, next] = optimizer.update(grads, opt, params)
      return [{ params: applyUpdates(params, updates), opt: next }, value]
    })
  }
  const learned = training.value.params
  return (length) =>
    scoreOf(length, (notes, asked, place) => [logits(learned, notes, asked), looked(learned, notes, asked, place)])
}

/** Answers with the mark of the note whose name is nearest to the question: what can be reached. */
export const nearest: Answerer = (length) =>
  scoreOf(length, (notes, asked, place) => {
    const [count, , all] = notes.shape as [number, number, number]
    const directions = notes.slice([0, 0, 0], [count, length, names])
    const found = argMax(matmul(directions, asked.slice([0, 0, 0], [count, 1, names]).transpose()), { axis: 1 })
    const chosen = oneHot(found.reshape([count]), length).expandDims(-1)
    const mark = sum(notes.slice([0, 0, names], [count, length, all]).mul(chosen), { axis: 1 })
    return [mark, sum(chosen.mul(place), { axis: 1 })]
  })

const questions = 256

async function scoreOf(
  length: number,
  answer: (notes: Tensor, asked: Tensor, place: Tensor) => readonly [logits: Tensor, weights: Tensor],
): Promise<Score> {
  const count = Math.min(questions, Math.max(8, Math.floor(32_768 / length)))
  let [right, weight] = [0, 0]
  for (let i = 0; i < questions / count; i++) {
    const { notes, asked, place, answers } = draw(fold(key(1_000_003), i), count, length)
    const [logits, weights] = answer(notes, asked, place)
    const found = await data([sum(argMax(logits).equal(answers).cast('f32')), sum(weights)])
    right += found[0]?.[0] as number
    weight += found[1]?.[0] as number
  }
  const all = Math.ceil(questions / count) * count
  return { right: right / all, weight: weight / all }
}
