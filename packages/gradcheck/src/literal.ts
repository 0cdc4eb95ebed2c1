/** The TypeScript of a leaf that is no plain value; null for all others. */
export type LeafLiteral = (leaf: object) => string | null

/** A value as the TypeScript that makes it: `[[1, 2], { margin: 2 }]`, to the last bit. */
export function literal(value: unknown, leafLiteral: LeafLiteral = () => null): string {
  if (typeof value === 'number') return numberLiteral(value)
  if (typeof value === 'string')
    return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`
  if (typeof value === 'bigint') return `${value}n`
  if (Array.isArray(value)) return `[${value.map((entry) => literal(entry, leafLiteral)).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const leaf = leafLiteral(value)
  if (leaf !== null) return leaf
  const entries = Object.entries(value).map(([name, entry]) => `${keyLiteral(name)}: ${literal(entry, leafLiteral)}`)
  return entries.length > 0 ? `{ ${entries.join(', ')} }` : '{}'
}

function keyLiteral(name: string): string {
  // As a plain name it would set the prototype.
  if (name === '__proto__') return "['__proto__']"
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name) ? name : literal(name)
}

export function numberLiteral(value: number): string {
  if (Number.isNaN(value)) return 'Number.NaN'
  if (!Number.isFinite(value)) return value > 0 ? 'Number.POSITIVE_INFINITY' : 'Number.NEGATIVE_INFINITY'
  return Object.is(value, -0) ? '-0' : String(value)
}

/** The fewest digits that are rounded to this f32 number. */
export function singleLiteral(value: number): string {
  for (let digits = 1; Number.isFinite(value) && digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Object.is(Math.fround(short), value)) return numberLiteral(short)
  }
  return numberLiteral(value)
}

/** Literals of the elements of an array as nested lists of its shape. */
export function nestedLiteral(cells: readonly string[], shape: readonly number[]): string {
  const [count, ...rest] = shape
  if (count === undefined) return cells[0] as string
  const size = cells.length / count
  return `[${Array.from({ length: count }, (_, i) => nestedLiteral(cells.slice(i * size, (i + 1) * size), rest)).join(', ')}]`
}
