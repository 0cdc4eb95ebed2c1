import { data, fold, key, type Tensor } from '@wengert/core'
import { trials } from './dataset.ts'
import { parts, trueScore } from './hartmann.ts'
import { climbed, promised, type Training, trained } from './surrogate.ts'

/** What became of the designs of one seed, means over them. */
export interface Climb {
  /** What the surrogate promised before the first step and after each tenth. */
  readonly promised: readonly number[]
  /** What that was worth. */
  readonly real: readonly number[]
  /** The best true score of all designs, in the end. */
  readonly best: number
  /** The best true score among the trials. */
  readonly bestTrial: number
}

/** Trains a surrogate on the trials of a seed and has the best of them climb it. */
export async function climb(seed: number, how: Training, { steps = 500, rungs = 20 } = {}): Promise<Climb> {
  const known = trials(key(seed))
  const surrogate = await trained(fold(key(seed), 1), known, how, steps)
  const seen: { real: number[]; promised: number }[] = []
  let designs: Tensor = known.top
  for (let rung = 0; rung <= rungs; rung++) {
    if (rung > 0) for (let i = 0; i < 10; i++) designs = climbed(surrogate, designs)
    const [numbers, promises] = (await data([designs, promised(surrogate, designs)])) as [Float32Array, Float32Array]
    const real = Array.from(promises, (_, i) => trueScore(numbers.subarray(i * parts, (i + 1) * parts)))
    seen.push({ real, promised: mean([...promises]) * known.deviation + known.mean })
  }
  return {
    promised: seen.map(({ promised }) => promised),
    real: seen.map(({ real }) => mean(real)),
    best: Math.max(...(seen[rungs] as (typeof seen)[number]).real),
    bestTrial: known.best,
  }
}

export function mean(values: readonly number[]): number {
  return values.reduce((total, v) => total + v, 0) / values.length
}
