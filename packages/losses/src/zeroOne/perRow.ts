import {
  checkOption,
  full,
  hostValue,
  ShapeError,
  sameShape,
  showPlace,
  showShape,
  type Tensor,
  ValueError,
  where,
} from '@wengert/core'

/** A number for each row along an axis. */
export interface PerRow {
  /** With size 1 along the axis. */
  readonly column: Tensor
  /** Makes rows NaN whose number is out of range; a number that is known on the host has been checked. */
  readonly mark: (y: Tensor) => Tensor
}

export interface RowRange {
  /** In words, after "be". */
  readonly expectation: string
  readonly holds: (value: number) => boolean
  /** The same of computed numbers. */
  readonly inRange: (value: Tensor) => Tensor
}

/** An argument that is one number for all rows of x along an axis, or a tensor with one for each. */
export function perRow(
  fn: string,
  name: string,
  value: number | Tensor,
  x: Tensor,
  axis: number,
  { expectation, holds, inRange }: RowRange,
): PerRow {
  if (typeof value === 'number') {
    checkOption(fn, name, value, holds(value), expectation)
    return { column: full(x.shape.with(axis, 1), value, { dtype: x.dtype }), mark: (y) => y }
  }
  const rows = x.shape.toSpliced(axis, 1)
  if (!sameShape(value.shape, rows))
    throw new ShapeError(
      `${fn}: ${name} must be a number or have shape ${showShape(rows)}, one for each row of x ${showShape(x.shape)} along ` +
        `axis ${axis}, got ${showShape(value.shape)}.`,
    )
  const known = hostValue(value) ?? []
  for (let i = 0; i < known.length; i++)
    if (!holds(known[i] as number))
      throw new ValueError(`${fn}: ${name} must be ${expectation}, got ${known[i]}${showPlace(rows, i)}.`)
  const column = value.cast(x.dtype).expandDims(axis)
  return { column, mark: (y) => where(inRange(column), y, Number.NaN) }
}
