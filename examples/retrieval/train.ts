import { choice, fold, key, mean, permutation, state, type Tensor, take, tensor, valueAndGrad } from '@wengert/core'
import { adam, applyUpdates } from '@wengert/optim'
import { cosines, dualEncoder, type EncoderParams } from './encoder.ts'
import type { Query } from './texts.ts'

/** From cosines [B, B] and which of the found belong to which of the asked, bool [B, B], to a loss per query. */
export type RetrievalLoss = (scores: Tensor, belongs: Tensor) => Tensor

export interface Collection {
  readonly queries: readonly Query[]
  /** Words of the queries and of all documents. */
  readonly asked: Tensor
  readonly documents: Tensor
}

export interface Settings {
  readonly loss: RetrievalLoss
  readonly epochs: number
  readonly size: number
  readonly seed: number
}

/** Trains on batches of queries, each with one of its documents; those of the others are its negatives. */
export async function train(
  { queries, asked, documents }: Collection,
  { loss, epochs, size, seed }: Settings,
): Promise<EncoderParams> {
  const optimizer = adam({ lr: 3e-3 })
  const params = dualEncoder.init(fold(key(seed), 0))
  const training = state({ params, opt: optimizer.init(params) })
  const sets = queries.map(({ answers }) => new Set(answers))
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const now = fold(key(seed), epoch)
    const order = permutation(fold(now, 0), queries.length).dataSync()
    const draws = choiceOfAnswers(queries, fold(now, 1))
    for (let from = 0; from + size <= order.length; from += size) {
      const batch = Array.from(order.subarray(from, from + size))
      const drawn = batch.map((i) => draws[i] as number)
      const belongs = tensor(batch.map((i) => drawn.map((document) => (sets[i] as Set<number>).has(document))))
      const [ask, find] = [take(asked, indices(batch)), take(documents, indices(drawn))]
      await training.update(({ params, opt }) => {
        const objective = (p: EncoderParams) =>
          mean(loss(cosines(dualEncoder.ask(p, ask), dualEncoder.find(p, find)), belongs))
        const [value, grads] = valueAndGrad(objective)(params)
        const [updates, next] = optimizer.update(grads, opt, params)
        return [{ params: applyUpdates(params, updates), opt: next }, value]
      })
    }
  }
  return training.value.params
}

/** One of the documents of each query. */
function choiceOfAnswers(queries: readonly Query[], at: ReturnType<typeof key>): number[] {
  const most = Math.max(...queries.map(({ answers }) => answers.length))
  const drawn = choice(at, most, [queries.length]).dataSync()
  return queries.map(({ answers }, i) => answers[(drawn[i] as number) % answers.length] as number)
}

function indices(rows: readonly number[]): Tensor {
  return tensor([...rows], { dtype: 'i32' })
}
