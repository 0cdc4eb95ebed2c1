import { checkDType, DTypeError, type Shape, ShapeError, showShape, type Tensor } from '@wengert/core'
import { fits } from './fits.ts'

/**
 * Checks a mask and a bias, where they are given. With more axes than the scores, or with more queries or keys, they would make
 * more of the output than there are queries.
 */
export function checkPairs(fn: string, scores: Shape, mask: Tensor | undefined, bias: Tensor | undefined): void {
  if (mask && mask.dtype !== 'bool')
    throw new DTypeError(
      `${fn}: mask must be bool, got ${mask.dtype}. Compare it, e.g. mask.notEqual(0); what is to be added is the bias.`,
    )
  if (bias) checkDType(fn, 'bias', bias, 'float')
  for (const [name, x] of Object.entries({ mask, bias }))
    if (x && !fits(x.shape, scores))
      throw new ShapeError(
        `${fn}: ${name} must have a shape that broadcasts to that of the scores, ${showShape(scores)}, ` +
          `got ${showShape(x.shape)}. Give axes along which it is the same size 1.`,
      )
}
