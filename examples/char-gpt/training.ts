import { data, fold, key, mean, randomInt, state, type Tensor, valueAndGrad } from '@wengert/core'
import { crossEntropy } from '@wengert/losses'
import { adam, applyUpdates, chain, clipByGlobalNorm, cosineDecay, warmup } from '@wengert/optim'
import { type Gpt, type GptParams, gpt } from './model.ts'
import { type Text, windows } from './text.ts'

export interface Settings {
  readonly features: number
  readonly heads: number
  readonly layers: number
  /** Characters in a window. */
  readonly context: number
  /** Windows in a step. */
  readonly batch: number
  /** The greatest learning rate. */
  readonly lr: number
  /** Steps until the learning rate has come down. */
  readonly steps: number
  /** Decides the first parameters and which windows come in which step. */
  readonly seed: number
}

const optimizerOf = ({ lr, steps }: Settings) => {
  const rise = Math.min(50, Math.ceil(steps / 10))
  const fall = cosineDecay({ initial: lr, final: lr / 20, steps: Math.max(1, steps - rise) })
  return chain(clipByGlobalNorm(1), adam({ lr: warmup(fall, { steps: rise }), beta2: 0.99 }))
}

/** All that changes in training. Which windows come next follows from the number of steps. */
export interface Snapshot {
  readonly step: number
  readonly tree: { readonly params: GptParams; readonly opt: ReturnType<ReturnType<typeof optimizerOf>['init']> }
}

export interface Training {
  readonly model: Gpt
  /** Steps taken. */
  readonly step: number
  /** The present parameters and optimizer state, until the next step. */
  readonly tree: Snapshot['tree']
  /** Takes a step; the loss of its windows before it, in nats per character. */
  next(): Promise<number>
  /** The mean loss of windows of the text held back, evenly spread; in nats per character. */
  heldLoss(count: number): Promise<number>
}

/** Training from the start, or from where a snapshot was taken. */
export function trainingOf(
  { alphabet, train, held }: Text,
  settings: Settings,
  from?: (fresh: Snapshot['tree']) => Snapshot,
): Training {
  const { seed, batch, context } = settings
  const model = gpt({ ...settings, characters: alphabet.length })
  const optimizer = optimizerOf(settings)
  const params = model.init(fold(key(seed), 0))
  const fresh = { params, opt: optimizer.init(params) }
  const start = from?.(fresh) ?? { step: 0, tree: fresh }
  const training = state(start.tree)
  const order = fold(key(seed), 1)
  const lossOf = (p: GptParams, x: Tensor, next: Tensor): Tensor => mean(crossEntropy(model.apply(p, x), next))
  return {
    model,
    get step() {
      return start.step + training.version
    },
    get tree() {
      return training.value
    },
    async next() {
      const starts = randomInt(fold(order, this.step), [batch], { high: train.length - context })
      const { x, next } = windows(train, await starts.data(), context)
      return training.update(({ params, opt }) => {
        const [loss, grads] = valueAndGrad((p: GptParams) => lossOf(p, x, next))(params)
        const [updates, after] = optimizer.update(grads, opt, params)
        return [{ params: applyUpdates(params, updates), opt: after }, loss]
      })
    },
    async heldLoss(count) {
      let total = 0
      for (let i = 0; i < count; i += batch) {
        const places = Array.from({ length: Math.min(batch, count - i) }, (_, b) => (i + b + 0.5) / count)
        const starts = places.map((share) => Math.floor(share * (held.length - context)))
        const { x, next } = windows(held, starts, context)
        const [loss] = await data(lossOf(training.value.params, x, next))
        total += (loss as number) * starts.length
      }
      return total / count
    },
  }
}
