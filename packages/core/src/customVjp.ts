import { vjp } from './autodiff.ts'
import { derivativeLines } from './callSites.ts'
import { ShapeError, TreeError } from './errors.ts'
import { zerosLike } from './ops/create.ts'
import { defineAlias } from './ops/view.ts'
import { sameShape, showShape } from './shape.ts'
import { line, type Tensor } from './tensor.ts'
import { leaves, mapTree, showPath, zipTrees } from './tree.ts'

/**
 * f with a derivative of your own. `rule(g, y, ...xs)` gets the cotangent of the output, the output and the inputs,
 * and returns one cotangent per input, of the input's structure and shapes, or null where none flows. Inputs and output
 * are trees of tensors. A rule must be linear in g; one written in differentiable ops can be differentiated again.
 *
 * Use it for stability, memory, or a solver that cannot be differentiated; check it with `checkGradients`.
 *
 * @example const safeLog = customVjp((x: Tensor) => x.log(), (g, _, x) => [g.div(maximum(x, 1e-6))])
 */
export function customVjp<X extends readonly unknown[], Y>(
  f: (...xs: X) => Y,
  rule: (g: Y, y: Y, ...xs: X) => readonly [...{ [I in keyof X]: X[I] | null }],
): (...xs: X) => Y {
  return (...xs) => {
    const inputs = leaves(xs, 'customVjp')
    const outputs: Tensor[] = []
    const y = mapTree(
      (value) => {
        const at = outputs.length
        // Each output pulls back its own cotangent beside zeros for the others: the rule is linear.
        const op = defineAlias('customVjp', (g) => {
          let next = 0
          const gs = mapTree((out) => (next++ === at ? g : zerosLike(out)), y, 'customVjp')
          // What a rule makes stands where the rule makes it.
          return [
            null,
            ...flatGradients(
              xs,
              derivativeLines(null, () => rule(gs, y, ...xs)),
            ),
          ]
        })
        const out = line(op, [value, ...inputs], value.shape, value.dtype)
        outputs.push(out)
        return out
      },
      f(...xs),
      'customVjp',
    )
    return y
  }
}

/**
 * f, computed a second time in the backward walk instead of being remembered: less memory for more time. Use it around a
 * block of a deep model.
 *
 * @example const block = checkpoint((x: Tensor) => softplus(sin(x)))
 */
export function checkpoint<X extends readonly unknown[], Y>(f: (...xs: X) => Y): (...xs: X) => Y {
  return customVjp(f, (g, _, ...xs) => vjp(f, ...xs)[1](g) as unknown as [...{ [I in keyof X]: X[I] | null }])
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
