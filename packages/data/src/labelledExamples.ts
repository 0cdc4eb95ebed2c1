import { type Tensor, tensor, ValueError } from '@wengert/core'
import type { Table } from './parseCsv.ts'

export interface LabelOptions {
  /** Column of the labels: its name, or its position, negative from the back. @default -1 */
  readonly label?: number | string
}

/** Rows to learn from. */
export interface LabelledExamples {
  /** Features, f32 [N, D]. */
  readonly x: Tensor
  /** Classes, integers of at least 0, i32 [N]. */
  readonly labels: Tensor
}

/**
 * Takes a table apart into features and integer labels.
 *
 * Shapes: a table of N rows and D + 1 columns → x f32 [N, D], labels i32 [N].
 *
 * @example const { x, labels } = labelledExamples(parseCsv('5.1,3.5,0\n6.2,2.9,1'))
 */
export function labelledExamples(table: Table, { label = -1 }: LabelOptions = {}): LabelledExamples {
  const { rows, width, data } = table
  if (width < 2)
    throw new ValueError(`labelledExamples: table must have at least 2 columns, features and a label, got ${width}.`)
  const at = labelColumn(table, label)
  const depth = width - 1
  const x = new Float32Array(rows * depth)
  const labels = new Int32Array(rows)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < width; column++) {
      const value = data[row * width + column] as number
      if (column === at) {
        // The round trip through 32 bits fails for fractions and for what i32 cannot hold.
        labels[row] = value
        if (labels[row] !== value || value < 0)
          throw new ValueError(
            `labelledExamples: label of row ${row + 1} must be an integer from 0 to 2^31 - 1, got ${value} in column ${at + 1}. ` +
              'Name another column with { label }.',
          )
        continue
      }
      const feature = Math.fround(value)
      if (!Number.isFinite(feature))
        throw new ValueError(
          `labelledExamples: row ${row + 1}, column ${column + 1} must be a number that f32 can hold, got ${value}. Rescale it.`,
        )
      x[row * depth + column - (column > at ? 1 : 0)] = feature
    }
  }
  return { x: tensor(x, { shape: [rows, depth] }), labels: tensor(labels) }
}

function labelColumn({ columns, width }: Table, label: number | string): number {
  if (typeof label === 'number') {
    if (!Number.isInteger(label) || label < -width || label >= width)
      throw new ValueError(`labelledExamples: label must be an integer from ${-width} to ${width - 1}, got ${label}.`)
    return label < 0 ? label + width : label
  }
  const at = columns?.indexOf(label) ?? -1
  if (at < 0 || columns?.indexOf(label, at + 1) !== -1)
    throw new ValueError(
      `labelledExamples: label must name one column, got ${JSON.stringify(label)} ` +
        `among ${columns ? columns.map((name) => JSON.stringify(name)).join(', ') : 'columns without names'}.`,
    )
  return at
}
