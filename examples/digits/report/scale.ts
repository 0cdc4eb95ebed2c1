export interface Tick {
  readonly value: number
  readonly label: string
}

/** Where values stand on an axis, from 0 at its lower end to 1 at its upper. */
export interface Scale {
  readonly ticks: readonly Tick[]
  position(value: number): number
}

/** Equal factors at equal distances. */
export function logScale(values: readonly number[]): Scale {
  const positive = values.filter((value) => value > 0 && Number.isFinite(value))
  const highest = positive.reduce((a, b) => Math.max(a, b), 1e-6) * 1.1
  const lowest = Math.max(positive.reduce((a, b) => Math.min(a, b), highest / 10) / 1.1, highest * 1e-6)
  const decades = Math.log10(highest / lowest)
  const steps = decades > 4 ? [1] : decades > 2 ? [1, 3] : [1, 2, 5]
  const ticks: Tick[] = []
  for (let power = Math.floor(Math.log10(lowest)); power <= Math.log10(highest); power++)
    for (const step of steps) {
      const value = Number(`${step}e${power}`)
      if (value >= lowest && value <= highest) ticks.push({ value, label: String(value) })
    }
  return { ticks, position: (value) => Math.max(0, Math.log10(value / lowest)) / decades }
}

const marks = [0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9998]

/** Accuracies, spread so that half the error is the same distance anywhere: 90 to 95 % as much as 98 to 99 %. */
export function accuracyScale(values: readonly number[], examples: number): Scale {
  // A perfect score stands where half an example would be wrong.
  const least = 0.5 / examples
  const level = (accuracy: number): number => -Math.log10(Math.max(1 - accuracy, least))
  const useful = marks.filter((mark) => 1 - mark > least)
  const [worst, best] = [values.reduce((a, b) => Math.min(a, b), 0.9), values.reduce((a, b) => Math.max(a, b), 0)]
  const lowest = useful.findLast((mark) => mark <= worst) ?? 0
  const highest = useful.find((mark) => mark >= best && mark > lowest) ?? 1
  return {
    ticks: useful
      .filter((mark) => mark >= lowest && mark <= highest)
      .map((value) => ({ value, label: `${Number((100 * value).toFixed(2))} %` })),
    position: (value) => Math.max(0, level(value) - level(lowest)) / (level(highest) - level(lowest)),
  }
}

/** Round numbers from 0 to a count, about six of them. */
export function countTicks(count: number): number[] {
  const rough = count / 6
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = Math.max(1, ([1, 2, 5, 10].find((n) => n * power >= rough) ?? 10) * power)
  return Array.from({ length: Math.floor(count / step) + 1 }, (_, i) => i * step)
}
