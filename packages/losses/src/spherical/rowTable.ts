import { data, hostValue, type Tensor, tensor, ValueError } from '@wengert/core'

/** Rows of equal width in host memory that are changed in place, a few at a time. */
export interface RowTable {
  /** Number and width of the rows. */
  readonly shape: readonly [number, number]
  /** Copies of rows at indices, i32 [...I] → [...I, D]. The indices must be data on the host. */
  take(indices: Tensor): Tensor
  /** Adds updates [...I, D] to the rows at indices, i32 [...I]; where indices repeat, all are added. */
  add(indices: Tensor, updates: Tensor): Promise<void>
}

/**
 * A table of rows that is owned, not copied: the one thing here that changes. Use it for the table of a
 * factoredSphericalLayer, or for embeddings, where it is too large to be written anew in each step. It takes the array
 * over: hold no other hand on it, but to save it.
 *
 * Shapes: numbers [K · D] in rows of D.
 * Gradient: none; rows taken are data.
 * Source: the sparse updates of embedding tables, as in Bengio et al., A Neural Probabilistic Language Model (2003).
 *
 * @example rowTable(new Float32Array([1, 2, 3, 4]), 2).take(tensor([1, 0, 1])) // 3, 4, 1, 2, 3, 4
 */
export function rowTable(numbers: Float32Array | Float64Array, width: number): RowTable {
  const fn = 'rowTable'
  if (!(Number.isSafeInteger(width) && width > 0 && numbers.length % width === 0))
    throw new ValueError(`${fn}: width must divide the ${numbers.length} numbers given, got ${width}.`)
  const count = numbers.length / width
  const check = (indices: ArrayLike<number>): void => {
    for (let i = 0; i < indices.length; i++) {
      const at = indices[i] as number
      if (!(Number.isInteger(at) && at >= 0 && at < count))
        throw new ValueError(`${fn}: indices must be from 0 to ${count - 1}, got ${at}.`)
    }
  }
  return {
    shape: [count, width],
    take(indices) {
      const places = hostValue(indices)
      if (places === null)
        throw new ValueError(`${fn}: indices must be data on the host. Read them first: tensor(await indices.data()).`)
      check(places)
      const rows = new (numbers.constructor as typeof Float32Array)(places.length * width)
      for (let i = 0; i < places.length; i++) {
        const from = (places[i] as number) * width
        rows.set(numbers.subarray(from, from + width), i * width)
      }
      return tensor(rows, { shape: [...indices.shape, width] })
    },
    async add(indices, updates) {
      const [places, changes] = await data([indices, updates])
      if (changes.length !== places.length * width)
        throw new ValueError(
          `${fn}: updates must hold ${width} numbers for each of the ${places.length} indices, got ${changes.length}.`,
        )
      check(places)
      for (let i = 0; i < places.length; i++) {
        const to = (places[i] as number) * width
        for (let j = 0; j < width; j++)
          numbers[to + j] = (numbers[to + j] as number) + (changes[i * width + j] as number)
      }
    },
  }
}
