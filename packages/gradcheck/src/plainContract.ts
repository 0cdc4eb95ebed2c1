import { GradientCheckError } from './errors.ts'

/** What f makes of x. Throws where it changes x. */
export function leavingAlone<T>(name: string, f: (x: Float64Array) => T, x: Float64Array): T {
  const given = x.slice()
  const result = f(given)
  const at = given.findIndex((v, i) => !Object.is(v, x[i]))
  if (at >= 0)
    throw new GradientCheckError(`${name} must leave x as it is, got x[${at}] changed from ${x[at]} to ${given[at]}.`)
  return result
}

/** Throws where a function has returned other numbers for the same x. */
export function expectSame(name: string, once: ArrayLike<number>, twice: ArrayLike<number>): void {
  const at = Array.from(once).findIndex((v, i) => !Object.is(v, twice[i]))
  if (at >= 0)
    throw new GradientCheckError(`${name} must return the same for the same x, got ${once[at]} and then ${twice[at]}.`)
}

/** Numbers that a function has returned, in an array of their own. Throws where they are none, or not so many. */
export function numbersOf(name: string, returned: ArrayLike<number>, size: number | null = null): Float64Array {
  const list: ArrayLike<number> | null | undefined = returned
  const length = typeof list === 'object' ? list?.length : undefined
  if (typeof length !== 'number' || (size !== null && length !== size))
    throw new GradientCheckError(
      `${name} must return a list of ${size === null ? 'numbers' : `${size} numbers, one for each input`}, ` +
        `got ${length === undefined ? typeof list : length}.`,
    )
  return Float64Array.from(returned)
}
