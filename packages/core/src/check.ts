import { describe, ValueError } from './errors.ts'
import { Tensor } from './tensor.ts'

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

/** Other libraries' names of axis and keepDims. */
const foreign: ReadonlySet<string> = /* @__PURE__ */ new Set(['axes', 'dim', 'dims', 'keepdim', 'keepdims'])

/**
 * The options of a function, which must be an object of names. Untyped code may hand over what other libraries take by
 * position, such as an axis, or by another name; it would be ignored. `example` is one of the options, as code; an axis unless told.
 */
export function checkOptions<T extends object>(fn: string, options: T, example?: string): T {
  const given: unknown = options
  if (typeof given === 'object' && given !== null && !Array.isArray(given) && !(given instanceof Tensor)) {
    for (const name in given)
      if (foreign.has(name))
        throw new ValueError(`${fn}: options must have names such as axis and keepDims, got ${name}.`)
    return options
  }
  const axis = Array.isArray(given) ? `[${given.join(', ')}]` : typeof given === 'number' ? given : 0
  throw new ValueError(
    `${fn}: options must be an object, got ${describe(given)}. Write ${fn}(…, { ${example ?? `axis: ${axis}`} }).`,
  )
}
