import { arange, pad, sort, sum, type Tensor, takeAlong, where } from '@wengert/core'
import { type Balance, isActive, letThrough } from './balance.ts'

/**
 * The balance of any threshold −z on rows that are sorted once, at the cost of O(√n) for each threshold. A sorted row is cut into
 * √n blocks of √n elements. First come blocks that are let through whole, then those whose elements all move, then those
 * that stay below; the two where one kind turns into the next are looked at element by element, the others in sum.
 *
 * Shapes: x [...S, N], k and z [...S, 1].
 */
export function balanceInOrder(x: Tensor, k: Tensor): (z: Tensor) => Balance {
  const n = x.shape.at(-1) as number
  const size = Math.ceil(Math.sqrt(n))
  const count = Math.ceil(n / size)
  const along = { axis: -1, keepDims: true }
  // What fills up the last block is let through by no threshold.
  const sides = x.shape.map((_, i) => [0, i === x.shape.length - 1 ? count * size - n : 0] as const)
  const sorted = sort(pad(x, sides, { value: Number.NEGATIVE_INFINITY }), { descending: true })
  const blocks = sorted.reshape([...x.shape.slice(0, -1), count, size])
  const sums = sum(blocks, { axis: -1 })
  const start = blocks.shape.map(() => 0)
  const column = (i: number): Tensor =>
    blocks.slice(start.with(-1, i), blocks.shape.with(-1, i + 1)).reshape(sums.shape)
  const [greatest, least] = [column(0), column(size - 1)]
  const block = arange(count, { dtype: 'i32' })
  // The two blocks that are looked at stand one behind the other; they may be the same.
  const place = arange(2 * size, { dtype: 'i32' })
  const isFirst = place.less(size)
  const within = where(isFirst, place, place.sub(size))
  return (z) => {
    const whole = sum(least.add(z).greaterEqual(1), along)
    const final = sum(greatest.add(z).greater(0), along).sub(1)
    const moves = block.greater(whole).and(block.less(final))
    const elements = takeAlong(sorted, where(isFirst, whole, final).mul(size).add(within))
    const isThere = where(isFirst, whole.lessEqual(final), whole.less(final))
    const y = where(isThere, letThrough(elements, z), 0)
    const missing = k
      .sub(
        whole
          .mul(size)
          .add(sum(y.equal(1), along))
          .cast(x.dtype),
      )
      .sub(sum(where(moves, sums.add(z.mul(size)), 0), along))
      .sub(sum(where(isActive(y), y, 0), along))
    const active = sum(moves, along)
      .mul(size)
      .add(sum(isActive(y), along))
      .cast(x.dtype)
    return { missing, exact: missing, active }
  }
}
