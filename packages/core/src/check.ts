import { ValueError } from './errors.ts'

/** Checks one condition on a number or a name that a caller chose, and says what was wanted where it does not hold. */
export function checkOption(
  fn: string,
  name: string,
  value: number | string,
  holds: boolean,
  expectation: string,
): void {
  if (!holds) throw new ValueError(`${fn}: ${name} must be ${expectation}, got ${value}.`)
}

/** Checks a count, such as a batch size or a number of features. */
export function checkCount(fn: string, name: string, n: number, least: number): void {
  checkOption(fn, name, n, Number.isSafeInteger(n) && n >= least, `an integer of at least ${least}`)
}
