import { FunctionBuilder, type I32, type Local, type V128 } from './assembler.ts'
import { i32 } from './instructions.ts'
import { i32x4, v128 } from './vectors.ts'

/** Bytes of an element. */
const size = 4

/**
 * `pack(from, across, along, count, height, k, to)` puts an operand in the order in which the inner loop reads it, by panels: element p
 * of `width` vectors stands together, for p from 0 to k − 1. The next panel begins `height` vectors further on. What a panel has
 * beyond these is never used, so that missing vectors repeat the last one.
 *
 * `across` and `along` are the bytes from one vector and from one element to the next; or, with `tables`, the addresses of tables that
 * say of each how many bytes behind `from` it lies, where both add up. `across` is read to the end of a panel.
 */
export function pack(width: number, tables: boolean): FunctionBuilder {
  const f = new FunctionBuilder('run', ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const)
  const [from, across, along, count, height, k, to] = f.params
  const left = f.let(count)
  const panel = f.let(i32.mul(k, i32.const(size * width)))
  const vectors = Array.from({ length: width }, () => f.local('i32'))
  const at = f.local('i32')
  const steps = f.local('i32')
  if (!tables) f.if(i32.eq(across, i32.const(size)), copyPanels)
  const isLeft = (): I32 => i32.ltS(i32.const(0), left)
  f.if(isLeft(), () => f.doWhile(gatherPanel, isLeft))
  return f

  /**
   * Whole panels whose vectors lie side by side, all of them for some elements and then for the next: memory is read in its order, where
   * panel by panel each line of the cache would be read in parts.
   */
  function copyPanels(): void {
    const [row, place, panels] = [f.let(from), f.let(to), f.let(i32.const(0))]
    const isWhole = (): I32 => i32.leS(i32.const(width), left)
    const skip = (): void => {
      f.advance(panels, i32.const(1))
      next()
    }
    f.if(isWhole(), () => f.doWhile(skip, isWhole))
    const copy = (elements: number): void => {
      const rows = vectors.slice(0, elements)
      for (const [e, from] of rows.entries()) f.set(from, e === 0 ? row : i32.add(rows[e - 1] as I32, along))
      f.set(at, place)
      f.times(panels, () => {
        for (const [e, from] of rows.entries()) {
          const to = size * width * e
          const end = width - (width % 4)
          for (let v = 0; v < end; v += 4) f.run(v128.store(at, v128.load(from, size * v), to + size * v))
          if (end < width) f.run(v128.store64Lane(at, v128.load64Zero(from, size * end), 0, to + size * end))
          f.advance(from, i32.mul(height, i32.const(size)))
        }
        f.advance(at, panel)
      })
      f.advance(row, i32.mul(along, i32.const(elements)))
      f.advance(place, i32.const(size * width * elements))
    }
    f.times(i32.shr(k, 2), () => copy(4))
    f.times(i32.and(k, i32.const(3)), () => copy(1))
  }

  function gatherPanel(): void {
    for (const [v, vector] of vectors.entries()) {
      const before = vectors[v - 1] ?? from
      const own = tables ? i32.add(from, i32.load(across, size * v)) : v === 0 ? from : i32.add(before, across)
      f.set(vector, v === 0 ? own : i32.select(own, before, i32.ltS(i32.const(v), left)))
    }
    const group = tables ? 4 : width
    for (let v = 0; v < width; v += group) {
      f.set(at, i32.add(to, i32.const(size * v)))
      f.set(steps, along)
      gather(vectors.slice(v, v + group))
    }
    next()
  }

  /** Some vectors of a panel; those of a table may lie side by side, and then whole vectors of the machine are copied. */
  function gather(own: readonly Local<'i32'>[]): void {
    const place = (vector: Local<'i32'>): I32 => (tables ? i32.add(vector, i32.load(steps)) : vector)
    const store = (value: V128, lanes: number, offset: number): void =>
      f.run(lanes < 4 ? v128.store64Lane(at, value, 0, offset) : v128.store(at, value, offset))
    const advance = (count: number): void => {
      if (tables) f.advance(steps, i32.const(size * count))
      else for (const vector of own) f.advance(vector, count === 1 ? along : i32.const(size * count))
      f.advance(at, i32.const(size * width * count))
    }
    const one = (): void => {
      for (const [v, vector] of own.entries()) f.run(v128.store32Lane(at, v128.load32Zero(place(vector)), 0, size * v))
      advance(1)
    }
    const four = (): void => {
      for (let v = 0; v < own.length; v += 4) {
        const lanes = Math.min(4, own.length - v)
        const rows = own.slice(v, v + lanes).map((vector) => f.let(v128.load(place(vector))))
        turn(f, rows).forEach((column, p) => {
          store(column, lanes, size * (p * width + v))
        })
      }
      advance(4)
    }
    // Four steps of four vectors at a time, turned in registers, where the steps lie side by side.
    const ones = f.let(k)
    const fours = (body: () => void): void => {
      f.set(ones, i32.and(k, i32.const(3)))
      f.times(i32.shr(k, 2), body)
    }
    if (!tables) f.if(i32.eq(along, i32.const(size)), () => fours(four))
    else {
      const [first, ...others] = own as [Local<'i32'>, ...Local<'i32'>[]]
      const beside = others.map((vector, v) => i32.eq(vector, i32.add(first, i32.const(size * (v + 1)))))
      f.if(
        beside.reduce(i32.and),
        () => {
          f.set(ones, i32.const(0))
          f.times(k, () => {
            store((own.length < 4 ? v128.load64Zero : v128.load)(place(first)), own.length, 0)
            advance(1)
          })
        },
        () =>
          fours(() => {
            const even = i32x4.add(i32x4.splat(i32.load(steps)), f.constant(i32x4.of(0, size, 2 * size, 3 * size)))
            f.if(i32x4.bitmask(i32x4.ne(v128.load(steps), even)), () => f.times(i32.const(4), one), four)
          }),
      )
    }
    f.times(ones, one)
  }

  function next(): void {
    if (tables) f.advance(across, i32.mul(height, i32.const(size)))
    else f.advance(from, i32.mul(across, height))
    f.advance(to, panel)
    f.set(left, i32.sub(left, height))
  }
}

/** The four columns of two or four rows of four f32; of two rows each column is the first half of a vector. */
export function turn(f: FunctionBuilder, rows: readonly V128[]): V128[] {
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
