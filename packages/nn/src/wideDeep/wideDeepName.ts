import { ValueError } from '@wengert/core'

/**
 * An activation with a known dual: 'opt2d', 'opt3d', 'opt5d' and 'opt9d' for data in as many dimensions, 'sine:a' with a > 0,
 * 'hermite:k' with k ≥ 1, 'erf' and 'relu'.
 */
export type WideDeepName =
  | 'opt2d'
  | 'opt3d'
  | 'opt5d'
  | 'opt9d'
  | 'erf'
  | 'relu'
  | `sine:${number}`
  | `hermite:${number}`

/** Degrees k with squared weights cₖ: φ = Σ √cₖ hₖ, whose dual is Σ cₖ ξᵏ. */
export type Series = readonly (readonly [degree: number, weight: number])[]

/** A name read: a sum of Hermite polynomials, a sine of frequency √a, or one of the two others. */
export type Family =
  | { readonly kind: 'series'; readonly series: Series }
  | { readonly kind: 'sine'; readonly a: number }
  | { readonly kind: 'erf' | 'relu' }

const series: Readonly<Record<string, Series>> = {
  opt2d: [
    [1, 1 / 2],
    [7, 1 / 2],
  ],
  opt3d: [
    [1, 1 / 2],
    [3, 1 / 2],
  ],
  opt5d: [
    [1, 1 / 4],
    [2, 1 / 2],
    [3, 1 / 4],
  ],
  opt9d: [
    [1, 1 / 16],
    [2, 7 / 8],
    [3, 1 / 16],
  ],
}

export function familyOf(fn: string, name: WideDeepName): Family {
  if (name === 'erf' || name === 'relu') return { kind: name }
  if (Object.hasOwn(series, name)) return { kind: 'series', series: series[name] as Series }
  const [kind, given] = String(name).split(':')
  const n = given ? Number(given) : Number.NaN
  if (kind === 'sine' && n > 0 && Number.isFinite(n)) return { kind, a: n }
  if (kind === 'hermite' && Number.isSafeInteger(n) && n >= 1) return { kind: 'series', series: [[n, 1]] }
  throw new ValueError(
    `${fn}: name must be 'opt2d', 'opt3d', 'opt5d', 'opt9d', 'erf', 'relu', 'sine:a' with a number a > 0, ` +
      `or 'hermite:k' with an integer k of at least 1, got ${name}.`,
  )
}
