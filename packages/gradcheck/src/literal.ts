import { type DType, type Shape, sizeOf, type Tensor } from '@wengert/core'
import { valuesOf } from './oracle.ts'

/** A value as the TypeScript that makes it: `[tensor([1, 2], { dtype: 'f64' }), { margin: 2 }]`, to the last bit. */
export function literal(value: unknown): string {
  if (typeof value === 'number') return numberLiteral(value, 'f64')
  if (typeof value === 'string')
    return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`
  if (typeof value === 'bigint') return `${value}n`
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  if (isTensor(value)) return tensorLiteral(value)
  const entries = Object.entries(value).map(([name, entry]) => `${keyLiteral(name)}: ${literal(entry)}`)
  return entries.length > 0 ? `{ ${entries.join(', ')} }` : '{}'
}

function isTensor(value: object): value is Tensor {
  return 'op' in value && 'dtype' in value && 'shape' in value
}

function keyLiteral(name: string): string {
  // As a plain name it would set the prototype.
  if (name === '__proto__') return "['__proto__']"
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name) ? name : literal(name)
}

function tensorLiteral(x: Tensor): string {
  const { dtype, shape } = x
  const [data] = valuesOf([x])
  const cells = Array.from(data as ArrayLike<number>, (v) => numberLiteral(v, dtype))
  const empty = sizeOf(shape) === 0
  const options = [
    ...(empty ? [`shape: [${shape.join(', ')}]`] : []),
    // Plain numbers become f32 and booleans bool.
    ...(dtype === 'f32' || (dtype === 'bool' && !empty) ? [] : [`dtype: '${dtype}'`]),
  ]
  return `tensor(${empty ? '[]' : nested(cells, shape)}${options.length > 0 ? `, { ${options.join(', ')} }` : ''})`
}

function nested(cells: readonly string[], shape: Shape): string {
  const [count, ...rest] = shape
  if (count === undefined) return cells[0] as string
  const size = cells.length / count
  return `[${Array.from({ length: count }, (_, i) => nested(cells.slice(i * size, (i + 1) * size), rest)).join(', ')}]`
}

function numberLiteral(value: number, dtype: DType): string {
  if (dtype === 'bool') return String(value !== 0)
  if (Number.isNaN(value)) return 'Number.NaN'
  if (!Number.isFinite(value)) return value > 0 ? 'Number.POSITIVE_INFINITY' : 'Number.NEGATIVE_INFINITY'
  if (Object.is(value, -0)) return '-0'
  return dtype === 'f32' ? shortestSingle(value) : String(value)
}

/** The fewest digits that are rounded to this f32 number. */
function shortestSingle(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return String(short)
  }
  return String(value)
}
