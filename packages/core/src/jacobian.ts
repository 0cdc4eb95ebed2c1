import { grad, jvp, vjp } from './autodiff.ts'
import { eye, zeros, zerosLike } from './ops/create.ts'
import { stack } from './ops/join.ts'
import { sizeOf } from './shape.ts'
import type { Tensor } from './tensor.ts'
import { leaves, mapTree } from './tree.ts'

/** The output's structure, with the input's structure in place of each tensor. */
export type Jacobian<Y, X> = Y extends Tensor ? X : { -readonly [K in keyof Y]: Jacobian<Y[K], X> }

/**
 * Hessian-vector product: the derivative of the gradient of a scalar function along v, in a small multiple of the time
 * that the gradient takes. x and v are trees of the same structure.
 *
 * @example hvp((x: Tensor) => sum(x.pow(3)), tensor([1, 2]), tensor([1, 0])) // [6, 0]
 */
export function hvp<P>(f: (x: P) => Tensor, x: P, v: P): P {
  return jvp((p: P) => grad(f)(p), [x] as [P], [v] as [P])[1]
}

/**
 * All first derivatives of f by its first argument. Input and output are trees of tensors of any rank; the result has
 * the output's structure, with the input's structure in place of each tensor.
 *
 * Costs a backward walk for each element of the output, or a forward derivative for each element of the input,
 * whichever are fewer.
 *
 * Shapes: input [...X], output [...Y] → [...Y, ...X].
 *
 * @example jacobian((x: Tensor) => x.square())(tensor([1, 2])) // [2, 0, 0, 4]
 */
export function jacobian<X, A extends readonly unknown[], Y>(
  f: (x: X, ...rest: A) => Y,
): (x: X, ...rest: A) => Jacobian<Y, X> {
  return (x, ...rest) => {
    const [y, pullback] = vjp((p: X) => f(p, ...rest), x)
    const outputs = leaves(y, 'jacobian')
    const inputs = leaves(x, 'jacobian')
    const block = elements(outputs) <= elements(inputs) ? byRows(y, pullback) : byColumns(x, y, pullback)
    let j = 0
    return mapTree((output) => {
      const row = j++
      let k = 0
      return mapTree((input) => block(row, k++).reshape([...output.shape, ...input.shape]), x) as unknown as Tensor
    }, y) as unknown as Jacobian<Y, X>
  }
}

/**
 * All second derivatives of a scalar function by its first argument, a tree of tensors: jacobian(grad(f)).
 *
 * Shapes: input [...X] → [...X, ...X].
 *
 * @example hessian((x: Tensor) => sum(x.pow(3)))(tensor([1, 2])) // [6, 0, 0, 12]
 */
export function hessian<X, A extends readonly unknown[]>(
  f: (x: X, ...rest: A) => Tensor,
): (x: X, ...rest: A) => Jacobian<X, X> {
  return jacobian(grad(f))
}

/** The derivatives of output tensor j by input tensor k, as a matrix or anything of its size. */
type Block = (j: number, k: number) => Tensor

function byRows<X, Y>(y: Y, pullback: (g: Y) => readonly [X]): Block {
  const rows = units(y).map((group) => group.map((unit) => leaves(pullback(unit)[0])))
  const inputs = leaves(pullback(mapTree(zerosLike, y))[0])
  return (j, k) => piled(rows[j]?.map((row) => row[k] as Tensor) ?? [], inputs[k] as Tensor)
}

function byColumns<X, Y>(x: X, y: Y, pullback: (g: Y) => readonly [X]): Block {
  // The pullback is linear, so its own pullback is the forward derivative, wherever it is taken.
  const [, pushforward] = vjp((g: Y) => pullback(g)[0], mapTree(zerosLike, y))
  const columns = units(x).map((group) => group.map((unit) => leaves(pushforward(unit)[0])))
  const outputs = leaves(y)
  return (j, k) => {
    const output = outputs[j] as Tensor
    const pile = piled(columns[k]?.map((column) => column[j] as Tensor) ?? [], output)
    return pile.reshape([columns[k]?.length ?? 0, sizeOf(output.shape)]).transpose()
  }
}

function piled(tensors: readonly Tensor[], like: Tensor): Tensor {
  return tensors.length > 0 ? stack(tensors) : zeros([0, ...like.shape], { dtype: like.dtype })
}

function elements(tensors: readonly Tensor[]): number {
  return tensors.reduce((count, { shape }) => count + sizeOf(shape), 0)
}

/** For each tensor of a tree and each of its elements the tree that is 1 there and 0 elsewhere. */
function units<T>(tree: T): T[][] {
  return leaves(tree).map(({ shape, dtype }, at) => {
    const size = sizeOf(shape)
    const identity = eye(size, { dtype })
    return Array.from({ length: size }, (_, i) => {
      let next = 0
      return mapTree(
        (leaf) => (next++ === at ? identity.slice([i, 0], [i + 1, size]).reshape(shape) : zerosLike(leaf)),
        tree,
      )
    })
  })
}
