import { checkOptions } from '../check.ts'
import { axisList, sizeOf } from '../shape.ts'
import type { Tensor } from '../tensor.ts'
import { full } from './create.ts'
import { checkDType } from './define.ts'
import type { ReduceOptions } from './reduce.ts'
import { castTo } from './source.ts'

/**
 * Product over axes; a product of nothing is 1. A bool tensor is multiplied as i32. Halves are multiplied with each other
 * until one element is left, so derivatives of any order are right beside zeros, where product / element would not be.
 *
 * Shapes: x [...S] → S without the axes, or with size 1 there if keepDims.
 */
export function prod(x: Tensor, options: ReduceOptions = {}): Tensor {
  const { axis, keepDims = false } = checkOptions('prod', options)
  checkDType('prod', 'x', x, 'any')
  const factors = x.dtype === 'bool' ? castTo(x, 'i32') : x
  const axes = axisList('prod', axis, x.shape.length)
  const others = axisList('prod', undefined, x.shape.length).filter((i) => !axes.includes(i))
  const lead = others.map((i) => x.shape[i] as number)
  const shape = keepDims ? x.shape.map((n, i) => (axes.includes(i) ? 1 : n)) : lead
  let n = sizeOf(axes.map((i) => x.shape[i] as number))
  if (n === 0) return full(shape, 1, { dtype: factors.dtype })

  let rows = factors.transpose([...others, ...axes]).reshape([...lead, n])
  let odd: Tensor | null = null
  const zeros = lead.map(() => 0)
  while (n > 1) {
    const half = n >> 1
    const part = (from: number, to: number): Tensor => rows.slice([...zeros, from], [...lead, to])
    if (n % 2 === 1) odd = odd ? odd.mul(part(n - 1, n)) : part(n - 1, n)
    rows = part(0, half).mul(part(half, 2 * half))
    n = half
  }
  return (odd ? rows.mul(odd) : rows).reshape(shape)
}
