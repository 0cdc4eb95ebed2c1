import { type DType, sizeOf, type Tensor } from '@wengert/core'
import { nestedLiteral, numberLiteral, singleLiteral } from './literal.ts'
import { valuesOf } from './oracle.ts'

/** A tensor as the TypeScript that makes it: `tensor([1, 2], { dtype: 'f64' })`; null for any other object. */
export function tensorLiteral(leaf: object): string | null {
  if (!isTensor(leaf)) return null
  const { dtype, shape } = leaf
  const [data] = valuesOf([leaf])
  const cells = Array.from(data as ArrayLike<number>, (v) => cellLiteral(v, dtype))
  const empty = sizeOf(shape) === 0
  const options = [
    ...(empty ? [`shape: [${shape.join(', ')}]`] : []),
    // Plain numbers become f32 and booleans bool.
    ...(dtype === 'f32' || (dtype === 'bool' && !empty) ? [] : [`dtype: '${dtype}'`]),
  ]
  return `tensor(${empty ? '[]' : nestedLiteral(cells, shape)}${options.length > 0 ? `, { ${options.join(', ')} }` : ''})`
}

function isTensor(value: object): value is Tensor {
  return 'op' in value && 'dtype' in value && 'shape' in value
}

function cellLiteral(value: number, dtype: DType): string {
  if (dtype === 'bool') return String(value !== 0)
  return dtype === 'f32' ? singleLiteral(value) : numberLiteral(value)
}
