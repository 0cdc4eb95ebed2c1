import { vjp } from './autodiff.ts'
import { checkCount } from './check.ts'
import { customVjp } from './customVjp.ts'
import { ShapeError } from './errors.ts'
import { flat, unflat } from './flat.ts'
import { solve as solveMatrix } from './linalg/solve.ts'
import { eye } from './ops/create.ts'
import { stack } from './ops/join.ts'
import { sameShape, showShape } from './shape.ts'
import { mapTree, showPath, zipTrees } from './tree.ts'

export interface FixedPointOptions {
  /** Number of times f is applied, forward and, for each derivative, backward. @default 100 */
  readonly iterations?: number
}

/**
 * The point x = f(x, ...args) that f leads to from `start`, as a function of the arguments. x, the start and the arguments
 * are trees of tensors. The derivative is that of the fixed point itself, by the implicit function theorem: nothing of the way
 * there is remembered or differentiated, and it can be differentiated again.
 *
 *     λ = g + (∂f/∂x)ᵀ λ,   gradient of the arguments (∂f/∂args)ᵀ λ
 *
 * f must contract near the fixed point; both iterations then converge at the same rate. Nothing is read while iterating, so
 * this works on every backend; whether it converged is for the caller to check, e.g. by x.sub(f(x)).
 *
 * @example fixedPoint((x: Tensor, a: Tensor) => x.add(a.div(x)).mul(0.5), ones([]))(tensor(2)).item() // 1.41421
 */
export function fixedPoint<X, A extends readonly unknown[]>(
  f: (x: X, ...args: A) => X,
  start: X,
  { iterations = 100 }: FixedPointOptions = {},
): (...args: A) => X {
  checkCount('fixedPoint', 'iterations', iterations, 1)
  return customVjp(
    (...args: A) => iterate(start, iterations, (x) => checked(f(x, ...args), start)),
    (g, x, ...args) => {
      const [, pullback] = vjp(f, x, ...args)
      const adjoint = iterate(g, iterations, (l) => zipTrees((own, moved) => own.add(moved), g, pullback(l)[0] as X))
      const [, ...gradients] = pullback(adjoint) as unknown as [X, ...A]
      return gradients as unknown as [...{ [I in keyof A]: A[I] | null }]
    },
  )
}

export interface RootOptions<X> {
  /**
   * Solves map(λ) = g for λ, in differentiable operations; map is linear, of trees like x.
   * @default the exact solution, for which the matrix of the map is made: x should not have more than some hundred elements
   */
  readonly solveLinear?: (map: (l: X) => X, g: X) => X
}

/**
 * The solution x of f(x, ...args) = 0 that `solve(...args)` finds by whatever means, as a function of the arguments with the
 * derivative that the implicit function theorem gives. It can be differentiated again. x and the arguments are trees of
 * tensors, and f returns a tree like x.
 *
 *     (∂f/∂x)ᵀ λ = g,   gradient of the arguments −(∂f/∂args)ᵀ λ
 *
 * @example root((x: Tensor, a: Tensor) => x.mul(x).sub(a), (a: Tensor) => a.sqrt())(tensor(2)).item() // 1.41421
 */
export function root<X, A extends readonly unknown[]>(
  f: (x: X, ...args: A) => X,
  solve: (...args: A) => X,
  { solveLinear = solveDense }: RootOptions<X> = {},
): (...args: A) => X {
  return customVjp(solve, (g, x, ...args) => {
    const [, pullback] = vjp(f, x, ...args)
    const adjoint = solveLinear((l) => pullback(l)[0] as X, g)
    const [, ...gradients] = pullback(mapTree((l) => l.neg(), adjoint)) as unknown as [X, ...A]
    return gradients as unknown as [...{ [I in keyof A]: A[I] | null }]
  })
}

/** Solves a linear equation of trees by the matrix of its map. */
function solveDense<X>(map: (l: X) => X, g: X): X {
  const right = flat(g)
  const n = right.shape[0] as number
  const identity = eye(n, { dtype: right.dtype })
  const columns = Array.from({ length: n }, (_, i) =>
    flat(map(unflat(identity.slice([i, 0], [i + 1, n]).reshape([n]), g))),
  )
  return unflat(solveMatrix(stack(columns, { axis: 1 }), right.expandDims(1)).reshape([n]), g)
}

function iterate<X>(start: X, count: number, f: (x: X) => X): X {
  let x = start
  for (let i = 0; i < count; i++) x = f(x)
  return x
}

function checked<X>(next: X, start: X): X {
  zipTrees(
    (a, b, path) => {
      if (!sameShape(a.shape, b.shape) || a.dtype !== b.dtype)
        throw new ShapeError(
          `fixedPoint: f must return what it takes, ${b.dtype} ${showShape(b.shape)}, got ${a.dtype} ${showShape(a.shape)} ` +
            `at ${showPath(path)}. Give a start of the shape of the result.`,
        )
      return a
    },
    next,
    start,
    'fixedPoint',
  )
  return next
}
