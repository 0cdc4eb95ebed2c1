import { type Key, normal, split, type Tensor, tensor, uniform } from '@wengert/core'
import { parts, trueScore } from './hartmann.ts'

/** Designs that somebody has tried, with the scores that were measured. */
export interface Trials {
  /** f32 [N, 6] */
  readonly designs: Tensor
  /** Shifted and scaled to mean 0 and deviation 1, f32 [N]. */
  readonly scores: Tensor
  readonly mean: number
  readonly deviation: number
  /** The best true score among them. */
  readonly best: number
  /** Designs of the best measured scores, to start from, f32 [M, 6]. */
  readonly top: Tensor
}

/** Designs drawn evenly and measured with some error; the best tenth of them is left out, so that what is wanted is not among them. */
export function trials(from: Key, { drawn = 66, left = 60, error = 0.02, starts = 16 } = {}): Trials {
  const [designKey = from, errorKey = from] = split(from)
  const numbers = uniform(designKey, [drawn, parts]).dataSync()
  const errors = normal(errorKey, [drawn]).dataSync()
  const known = Array.from({ length: drawn }, (_, i) => {
    const design = numbers.slice(i * parts, (i + 1) * parts)
    const score = trueScore(design)
    return { design, score, measured: score + error * (errors[i] as number) }
  })
    .sort((a, b) => a.measured - b.measured)
    .slice(0, left)
  const mean = known.reduce((total, { measured }) => total + measured, 0) / left
  const deviation = Math.sqrt(known.reduce((total, { measured }) => total + (measured - mean) ** 2, 0) / left)
  const matrix = (list: typeof known): Tensor => tensor(list.map(({ design }) => [...design]))
  return {
    designs: matrix(known),
    scores: tensor(known.map(({ measured }) => (measured - mean) / deviation)),
    mean,
    deviation,
    best: Math.max(...known.map(({ score }) => score)),
    top: matrix(known.slice(-starts)),
  }
}
