import { type DType, leaves, mapTree, sameShape, showPlace, showShape, type Tensor } from '@wengert/core'
import { LawError } from './lawError.ts'
import { valuesOf } from './oracle.ts'
import { showSteps } from './variables.ts'

export interface LawOptions {
  /** Largest accepted difference, relative to the larger number or to 1. @default 1e-12, for f32 1e-5 */
  readonly tolerance?: number
}

/** The name of a law, and what it says of f. */
export interface Claim extends LawOptions {
  readonly law: string
  readonly claim: string
}

/** The numbers of one tensor among the results of a function. */
export interface Result {
  readonly tensor: Tensor
  readonly values: readonly number[]
  /** ` of output.loss at [2]`; nothing for a scalar that is the only result. */
  readonly placeOf: (i: number) => string
}

/** The tensors of a tree of results, computed. */
export function resultsOf(outputs: unknown): Result[] {
  const names: string[] = []
  mapTree((y, path) => {
    names.push(path.length > 0 ? ` of output${showSteps(path)}` : '')
    return y
  }, outputs)
  const lines = leaves(outputs)
  return valuesOf(lines).map((data, i) => {
    const line = lines[i] as Tensor
    return { tensor: line, values: Array.from(data), placeOf: (at) => `${names[i]}${showPlace(line.shape, at)}` }
  })
}

/** Throws unless two trees of results agree. */
export function compare(actual: unknown, expected: unknown, { law, claim, tolerance }: Claim): void {
  const accepted = (dtype: DType): number => tolerance ?? (dtype === 'f32' ? 1e-5 : 1e-12)
  const { difference, got } = largestDifference(law, actual, expected, accepted)
  if (!(difference <= 1)) throw new LawError(`laws.${law}: f must ${claim}, got ${got}.`)
}

/** The largest difference, relative to the larger number or to 1, in units of what is accepted; and where it is. */
export function largestDifference(
  law: string,
  actual: unknown,
  expected: unknown,
  accepted: (dtype: DType) => number = () => 1,
): { readonly difference: number; readonly got: string } {
  const [as, bs] = [resultsOf(actual), resultsOf(expected)]
  const shapesOf = (results: readonly Result[]): string => results.map((r) => showShape(r.tensor.shape)).join(', ')
  if (as.length !== bs.length || !as.every((a, i) => sameShape(a.tensor.shape, bs[i]?.tensor.shape ?? [-1])))
    throw new LawError(`laws.${law}: f must give results of equal shapes, got ${shapesOf(as)} and ${shapesOf(bs)}.`)
  let difference = 0
  let got = 'no difference'
  as.forEach(({ tensor, values, placeOf }, i) => {
    const unit = accepted(tensor.dtype)
    values.forEach((a, j) => {
      const b = bs[i]?.values[j] as number
      const apart = differenceOf(a, b)
      // Where nothing is accepted, no difference is still none.
      const found = apart === 0 ? 0 : apart / unit
      if (found <= difference) return
      difference = found
      got = `${a} and ${b}${placeOf(j)}`
    })
  })
  return { difference, got }
}

/** 0 for equal infinities and for two NaN, infinity for one. */
function differenceOf(a: number, b: number): number {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return 0
  const difference = Math.abs(a - b) / Math.max(1, Math.abs(a), Math.abs(b))
  return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference
}
