import { FunctionBuilder, type I32, type Local, type V128 } from './assembler.ts'
import { f32x4, i32, i32x4, v128 } from './instructions.ts'

/** The tile of C that the inner loop computes at once, in registers: `rows` × `vectors` vectors. */
export interface Tile {
  readonly rows: number
  readonly vectors: number
  /** Multiply and add in one instruction. */
  readonly fused: boolean
}

/** Elements of a row of a tile. */
export function tileColumns({ vectors }: Tile): number {
  return 4 * vectors
}

/** Bytes of an element. */
const size = 4

/**
 * The functions of a product of f32 matrices, C[m, n] = A[m, k] B[k, n]. Both operands are first packed by panels, in the order in
 * which the inner loop reads them: `packA` by `rows` rows of A, `packB` by columns of B. Then
 * `multiply(a, b, m, n, k, c, stride, add, tile)` makes C tile by tile, or adds to it where `add` is not 0. Addresses,
 * strides and `stride`, from one row of C to the next, count bytes; `tile` is the address of room for one tile.
 */
export function gemm(tile: Tile): FunctionBuilder[] {
  return [pack('packA', tile.rows), pack('packB', tileColumns(tile)), multiply(tile)]
}

/**
 * `pack(from, across, along, count, k, to)`: element p of `width` vectors stands together, for p from 0 to k − 1. Missing
 * vectors of the last panel repeat the last one; their products are never stored.
 */
function pack(name: string, width: number): FunctionBuilder {
  const f = new FunctionBuilder(name, ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const)
  const [from, across, along, count, k, to] = f.params
  const left = f.let(count)
  const vectors = Array.from({ length: width }, () => f.local('i32'))
  const copies = Array.from({ length: Math.floor(width / 4) }, (_, i) => 16 * i)
  const rest = width % 4
  f.doWhile(
    () => {
      const first = vectors[0] as Local<'i32'>
      f.set(first, from)
      // In memory the panel's elements lie side by side: whole vectors are copied.
      const beside = i32.and(i32.eq(across, i32.const(size)), i32.leS(i32.const(width), left))
      f.if(
        beside,
        () => {
          f.times(k, () => {
            for (const offset of copies) f.run(v128.store(to, v128.load(first, offset), offset))
            const offset = 16 * copies.length
            if (rest > 0) f.run(v128.store64Lane(to, v128.load64Zero(first, offset), 0, offset))
            f.advance(first, along)
            f.advance(to, i32.const(size * width))
          })
        },
        () => {
          for (let v = 1; v < width; v++) {
            const before = vectors[v - 1] as I32
            f.set(vectors[v] as Local<'i32'>, i32.select(i32.add(before, across), before, i32.ltS(i32.const(v), left)))
          }
          const step = f.let(k)
          // Four steps of four vectors at a time, turned in registers, where the steps lie side by side.
          f.if(i32.eq(along, i32.const(4)), () => {
            f.set(step, i32.and(k, i32.const(3)))
            f.times(i32.shr(k, 2), () => {
              for (let v = 0; v < width; v += 4) {
                const lanes = Math.min(4, width - v)
                const rows = vectors.slice(v, v + lanes).map((at) => f.let(v128.load(at)))
                turn(f, rows).forEach((column, p) => {
                  const offset = size * (p * width + v)
                  f.run(lanes === 4 ? v128.store(to, column, offset) : v128.store64Lane(to, column, 0, offset))
                })
              }
              for (const at of vectors) f.advance(at, i32.const(16))
              f.advance(to, i32.const(16 * width))
            })
          })
          f.times(step, () => {
            for (const [v, at] of vectors.entries()) f.run(v128.store32Lane(to, v128.load32Zero(at), 0, size * v))
            for (const at of vectors) f.advance(at, along)
            f.advance(to, i32.const(size * width))
          })
        },
      )
      f.advance(from, i32.mul(across, i32.const(width)))
      f.set(left, i32.sub(left, i32.const(width)))
    },
    () => i32.ltS(i32.const(0), left),
  )
  return f
}

/** The four columns of two or four rows of four f32; of two rows each column is the first half of a vector. */
function turn(f: FunctionBuilder, rows: readonly V128[]): V128[] {
  const lanes = (a: V128, b: V128, ...from: readonly number[]): Local<'v128'> => f.let(i32x4.shuffle(a, b, ...from))
  const [a, b, c, d] = rows as [V128, V128, V128?, V128?]
  const low = lanes(a, b, 0, 4, 1, 5)
  const high = lanes(a, b, 2, 6, 3, 7)
  if (!c || !d) return [low, lanes(low, low, 2, 3, 2, 3), high, lanes(high, high, 2, 3, 2, 3)]
  const low2 = lanes(c, d, 0, 4, 1, 5)
  const high2 = lanes(c, d, 2, 6, 3, 7)
  return [
    lanes(low, low2, 0, 1, 4, 5),
    lanes(low, low2, 2, 3, 6, 7),
    lanes(high, high2, 0, 1, 4, 5),
    lanes(high, high2, 2, 3, 6, 7),
  ]
}

function multiply(tile: Tile): FunctionBuilder {
  const { rows, vectors, fused } = tile
  const columns = tileColumns(tile)
  const madd = (a: V128, b: V128, c: V128): V128 => (fused ? f32x4.relaxedMadd(a, b, c) : f32x4.add(c, f32x4.mul(a, b)))
  const f = new FunctionBuilder('multiply', ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const)
  const [panelsA, panelsB, m, n, k, c, stride, add, spare] = f.params
  const sums = Array.from({ length: rows * vectors }, (_, i) => ({
    sum: f.local('v128'),
    r: Math.floor(i / vectors),
    offset: 16 * (i % vectors),
  }))
  const b = f.let(panelsB)
  const cColumn = f.let(c)
  const columnsLeft = f.let(n)
  const [a, bAt, row, rowsLeft] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')]
  f.doWhile(
    () => {
      f.set(a, panelsA)
      f.set(row, cColumn)
      f.set(rowsLeft, m)
      f.doWhile(
        () => {
          f.set(bAt, b)
          for (const { sum } of sums) f.set(sum, f32x4.const(0))
          f.times(i32.shr(k, 2), () => addProducts(4))
          f.times(i32.and(k, i32.const(3)), () => addProducts(1))
          const whole = i32.and(i32.leS(i32.const(rows), rowsLeft), i32.leS(i32.const(columns), columnsLeft))
          f.if(
            whole,
            () => {
              const at = [f.let(row)]
              for (let r = 1; r < rows; r++) at.push(f.let(i32.add(at[r - 1] as I32, stride)))
              f.if(add, () => {
                for (const { sum, r, offset } of sums) f.set(sum, f32x4.add(sum, v128.load(at[r] as I32, offset)))
              })
              for (const { sum, r, offset } of sums) f.run(v128.store(at[r] as I32, sum, offset))
            },
            () => {
              for (const { sum, r, offset } of sums) f.run(v128.store(spare, sum, size * columns * r + offset))
              copyPart()
            },
          )
          f.advance(row, i32.mul(stride, i32.const(rows)))
          f.set(rowsLeft, i32.sub(rowsLeft, i32.const(rows)))
        },
        () => i32.ltS(i32.const(0), rowsLeft),
      )
      f.advance(b, i32.mul(k, i32.const(size * columns)))
      f.advance(cColumn, i32.const(size * columns))
      f.set(columnsLeft, i32.sub(columnsLeft, i32.const(columns)))
    },
    () => i32.ltS(i32.const(0), columnsLeft),
  )
  return f

  /** Adds the products of the next `steps` columns of A and rows of B. Four at a time save a fifth of the time. */
  function addProducts(steps: number): void {
    for (let p = 0; p < steps; p++) {
      const line = Array.from({ length: vectors }, (_, v) => f.let(v128.load(bAt, size * columns * p + 16 * v)))
      // One row after the other, so that no more than 15 vectors are alive: a host may have 16.
      let factor = line[0] as V128
      for (const { sum, r, offset } of sums) {
        if (offset === 0) factor = f.let(v128.load32Splat(a, size * (rows * p + r)))
        f.set(sum, madd(factor, line[offset / 16] as V128, sum))
      }
    }
    f.advance(a, i32.const(size * rows * steps))
    f.advance(bAt, i32.const(size * columns * steps))
  }

  /** Stores what lies inside of C of the tile at `spare`, element by element. */
  function copyPart(): void {
    const [from, to, start] = [f.local('i32'), f.local('i32'), f.let(row)]
    const fromRow = f.let(spare)
    f.times(i32.min(i32.const(rows), rowsLeft), () => {
      f.set(from, fromRow)
      f.set(to, start)
      f.times(i32.min(i32.const(columns), columnsLeft), () => {
        const value = f.let(v128.load32Zero(from))
        f.if(add, () => f.set(value, f32x4.add(value, v128.load32Zero(to))))
        f.run(v128.store32Lane(to, value, 0))
        f.advance(from, i32.const(size))
        f.advance(to, i32.const(size))
      })
      f.advance(fromRow, i32.const(size * columns))
      f.advance(start, stride)
    })
  }
}
