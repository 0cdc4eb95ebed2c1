import { ShapeError, TreeError } from './errors.ts'
import { defineAlias } from './ops/view.ts'
import { sameShape, showShape } from './shape.ts'
import { line, Tensor } from './tensor.ts'
import { leaves, mapTree, showPath, zipTrees } from './tree.ts'

/**
 * f with a derivative of your own. `rule(g, y, ...xs)` gets the cotangent of the output, the output and the inputs,
 * and returns one cotangent per input, of the input's structure and shapes, or null where none flows. A rule written in
 * differentiable ops can be differentiated again.
 *
 * Use it for stability, memory, or a solver that cannot be differentiated; check it with `checkGradients`.
 *
 * @example const safeLog = customVjp((x: Tensor) => x.log(), (g, _, x) => [g.div(maximum(x, 1e-6))])
 */
export function customVjp<X extends readonly unknown[]>(
  f: (...xs: X) => Tensor,
  rule: (g: Tensor, y: Tensor, ...xs: X) => readonly [...{ [I in keyof X]: X[I] | null }],
): (...xs: X) => Tensor {
  return (...xs) => {
    const inputs = leaves(xs, 'customVjp')
    const value = f(...xs)
    if (!(value instanceof Tensor)) throw new TreeError('customVjp: f must return one tensor. Concatenate or split it.')
    const op = defineAlias('customVjp', (g, y, [, ...now]) => {
      let next = 0
      const restored = mapTree(() => now[next++] as Tensor, xs, 'customVjp')
      return [null, ...flatGradients(restored, rule(g, y, ...restored))]
    })
    return line(op, [value, ...inputs], value.shape, value.dtype)
  }
}

function flatGradients(xs: readonly unknown[], gradients: readonly unknown[]): (Tensor | null)[] {
  if (!Array.isArray(gradients) || gradients.length !== xs.length)
    throw new TreeError(
      `customVjp: rule must return an array of ${xs.length} gradients, one per input, or null for none.`,
    )
  return xs.flatMap((x, i) => {
    const gradient = gradients[i] as unknown
    if (gradient === null) return leaves(x).map(() => null)
    const flat: Tensor[] = []
    zipTrees(
      (input, g, path) => {
        if (!sameShape(input.shape, g.shape))
          throw new ShapeError(
            `customVjp: rule must return a gradient of shape ${showShape(input.shape)} for input ${i}, ` +
              `got ${showShape(g.shape)} at ${showPath(path)}.`,
          )
        flat.push(g)
        return g
      },
      x,
      gradient,
      'customVjp',
    )
    return flat
  })
}
