import { type Layout, type MatmulKernel, type MatrixOperand, matrixAxes } from '@wengert/core'
import { mergeAxes, position, positionOf } from '../wgsl/layout.ts'

/** Direction along which four neighbours of an operand fill one vector: along its rows, its columns, or none. */
export type Along = 'row' | 'column' | 'none'

/** One axis, or several that count as one, the last fastest. */
interface Axes {
  readonly sizes: readonly number[]
  readonly strides: readonly number[]
}

/** An operand of a product as its matrices lie in memory. */
export interface Matrix {
  readonly name: string
  /** Where two neighbours in a column lie, and in a row. */
  readonly down: Axes
  readonly right: Axes
  readonly along: Along
  /** WGSL for where matrix `z` of the batch starts. */
  readonly start: string
}

export function matrixOf(name: 'a' | 'b', kernel: MatmulKernel, vectors: boolean): Matrix {
  const operand: MatrixOperand = kernel[name]
  const { offset } = operand
  const { batch, rows, columns } = matrixAxes(operand, kernel)
  const [down, right] = [merged(rows), merged(columns)]
  const inVectors = (own: Axes, other: Axes): boolean =>
    vectors &&
    own.strides.at(-1) === 1 &&
    (own.sizes.at(-1) ?? 1) % 4 === 0 &&
    [offset, ...batch.strides, ...other.strides, ...own.strides.slice(0, -1)].every((stride) => stride % 4 === 0)
  const along = inVectors(right, down) ? 'row' : inVectors(down, right) ? 'column' : 'none'
  return { name, down, right, along, start: positionOf({ ...batch, offset }, 'z') }
}

/** Axes as few as may be, but one at least. */
function merged({ shape, strides }: Pick<Layout, 'shape' | 'strides'>): Axes {
  if (shape.length === 1) return { sizes: shape, strides }
  const axes = mergeAxes(shape, [strides])
  return axes.sizes.length > 0 ? { sizes: axes.sizes, strides: axes.strides[0] ?? [] } : { sizes: [1], strides: [0] }
}

/** The step between the closest neighbours. */
export function closest({ strides }: Axes): number {
  return Math.abs(strides.at(-1) ?? 0)
}

/** WGSL for the position of an element. */
export function element({ down, right, start }: Matrix, row: string, column: string): string {
  const terms = [...(start === '0u' ? [] : [start]), ...term(row, down), ...term(column, right)]
  return terms.length > 0 ? terms.join(' + ') : '0u'
}

function term(index: string, { sizes, strides }: Axes): string[] {
  const [stride = 0] = strides
  if (index === '0u') return []
  if (sizes.length > 1) return [position(sizes, strides, 0, `(${index})`)]
  if (stride === 0) return []
  // Unsigned numbers wrap around, so a negative stride may be any number that is equal to it modulo 2³².
  return [stride === 1 ? index : `(${index}) * ${stride >>> 0}u`]
}

/** A position as the index of a vector, where the operand is bound as vectors. */
export function whole4(along: Along, at: string): string {
  return along === 'none' ? at : `(${at}) / 4u`
}

/** How far several elements lie from the first of their row or column. */
export interface Distances {
  /** Lines that come first. */
  readonly lines: readonly string[]
  readonly at: readonly string[]
}

/**
 * For elements p, p + 1, …, counted in vectors where `by` is 4. What takes a division is computed once, under names that start
 * with `name`.
 */
export function distances(name: string, { sizes, strides }: Axes, count: number, by: 1 | 4): Distances {
  const steps = strides.map((stride) => stride / by)
  const index = Array.from({ length: count }, (_, q) => (q === 0 ? 'p' : `(p + ${q}u)`))
  if (sizes.length > 1)
    return {
      lines: index.flatMap((at, q) => divided(`${name}${q}`, sizes, steps, at)),
      at: index.map((_, q) => `${name}${q}`),
    }
  const [step = 0] = steps
  return { lines: [], at: index.map((at) => (step === 0 ? '0u' : step === 1 ? at : `${at} * ${step >>> 0}u`)) }
}

/** A position under a name, by one division for each border between axes: software adapters do these number by number. */
function divided(name: string, sizes: readonly number[], strides: readonly number[], index: string): string[] {
  const lines: string[] = []
  const terms: string[] = []
  let rest = index
  for (let axis = sizes.length - 1; axis >= 0; axis--) {
    const quotient = `${name}_${axis}`
    if (axis > 0) lines.push(`let ${quotient} = ${rest} / ${sizes[axis]}u;`)
    const coordinate = axis > 0 ? `(${rest} - ${quotient} * ${sizes[axis]}u)` : rest
    const stride = strides[axis] as number
    if (stride !== 0) terms.push(`${coordinate} * ${stride >>> 0}u`)
    rest = quotient
  }
  return [...lines, `let ${name} = ${terms.join(' + ') || '0u'};`]
}

/** For the vector that starts with element p, a multiple of 4, of a row or column that is made of vectors. */
export function vectorDistance(name: string, { sizes, strides }: Axes): Distances {
  if (sizes.length === 1) return { lines: [], at: ['p / 4u'] }
  const last = sizes.length - 1
  const shape = sizes.with(last, (sizes[last] as number) / 4)
  const steps = strides.map((stride, axis) => (axis === last ? stride : stride / 4))
  return { lines: [`let ${name} = ${positionOf({ shape, strides: steps, offset: 0 }, '(p / 4u)')};`], at: [name] }
}
