import { checkOption, DTypeError, ShapeError, sameShape, showPath, showShape, zipTrees } from '@wengert/core'

/** Checks that a tree has the structure, shapes and dtypes of the parameters; what only broadcasts would pass unseen. */
export function checkMatching<P>(fn: string, name: string, tree: P, params: P): void {
  zipTrees(
    (leaf, p, path) => {
      if (!sameShape(leaf.shape, p.shape))
        throw new ShapeError(
          `${fn}: ${name} must have the shapes of the parameters, got ${showShape(leaf.shape)} ` +
            `for ${showShape(p.shape)} at ${showPath(path)}. Take them from grad with respect to these parameters.`,
        )
      if (leaf.dtype !== p.dtype)
        throw new DTypeError(
          `${fn}: ${name} must have the dtypes of the parameters, got ${leaf.dtype} for ${p.dtype} ` +
            `at ${showPath(path)}. Cast them, e.g. with cast('${p.dtype}').`,
        )
      return leaf
    },
    tree,
    params,
    fn,
  )
}

export function checkPositive(fn: string, name: string, value: number): void {
  checkOption(fn, name, value, value > 0 && value < Number.POSITIVE_INFINITY, 'positive and finite')
}

export function checkNotNegative(fn: string, name: string, value: number): void {
  checkOption(fn, name, value, value >= 0 && value < Number.POSITIVE_INFINITY, 'finite and at least 0')
}

/** Checks a number that weights the past. */
export function checkDecay(fn: string, name: string, value: number): void {
  checkOption(fn, name, value, value >= 0 && value < 1, 'at least 0 and less than 1')
}

/** Checks a choice among names. */
export function checkOneOf(fn: string, name: string, value: string, choices: readonly string[]): void {
  checkOption(fn, name, value, choices.includes(value), `one of ${choices.join(', ')}`)
}
