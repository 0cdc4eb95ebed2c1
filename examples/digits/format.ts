/** 1,797 */
export function count(n: number): string {
  return n.toLocaleString('en-US')
}

/** 97.2 % */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

/** 0.0653, 12.3, 4567, 1.2e-7 */
export function number(value: number): string {
  const size = Math.abs(value)
  if (size > 0 && (size < 1e-3 || size >= 1e4)) return value.toExponential(1)
  return size >= 100 || size === 0 ? value.toFixed(0) : value.toPrecision(3)
}

/** 85 ms, 4.1 s, 128 s */
export function duration(seconds: number): string {
  if (seconds < 1) return `${Math.round(1000 * seconds)} ms`
  return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`
}

export function average(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length
}

/** Standard deviation of a sample; 0 for a single value. */
export function deviation(values: readonly number[]): number {
  const center = average(values)
  return Math.sqrt(values.reduce((a, v) => a + (v - center) ** 2, 0) / Math.max(1, values.length - 1))
}
