import type { TypedArray } from '@wengert/core'

/** Axes of a layout, with neighbours merged where one stride covers both and axes of size 1 left out. */
export interface Axes {
  readonly sizes: readonly number[]
  readonly strides: readonly number[]
}

export function mergeAxes(shape: readonly number[], strides: readonly number[]): Axes {
  const sizes: number[] = []
  const steps: number[] = []
  for (let i = 0; i < shape.length; i++) {
    const size = shape[i] as number
    const stride = strides[i] as number
    if (size === 1) continue
    const last = sizes.length - 1
    if (last >= 0 && steps[last] === stride * size) {
      sizes[last] = (sizes[last] as number) * size
      steps[last] = stride
    } else {
      sizes.push(size)
      steps.push(stride)
    }
  }
  return { sizes, strides: steps }
}

/** Positions of the elements of some axes in row-major order, relative to the first: `next` moves on by one element. */
export class Odometer {
  position = 0
  readonly #sizes: readonly number[]
  readonly #strides: readonly number[]
  readonly #at: number[]

  constructor({ sizes, strides }: Axes) {
    this.#sizes = sizes
    this.#strides = strides
    this.#at = sizes.map(() => 0)
  }

  reset(): void {
    this.position = 0
    // A loop: `fill` costs more than all else a small kernel does.
    for (let i = 0; i < this.#at.length; i++) this.#at[i] = 0
  }

  next(): void {
    for (let i = this.#at.length - 1; i >= 0; i--) {
      const at = (this.#at[i] as number) + 1
      this.position += this.#strides[i] as number
      if (at < (this.#sizes[i] as number)) {
        this.#at[i] = at
        return
      }
      this.position -= at * (this.#strides[i] as number)
      this.#at[i] = 0
    }
  }
}

/** Reads or writes the elements of some axes in row-major order, block by block, and begins again after the last element. */
export class StridedCursor {
  readonly #inner: number
  readonly #stride: number
  readonly #outer: Odometer
  readonly #offset: number
  #at = 0

  constructor({ sizes, strides }: Axes, offset: number) {
    this.#inner = sizes.at(-1) ?? 1
    this.#stride = strides.at(-1) ?? 0
    this.#outer = new Odometer({ sizes: sizes.slice(0, -1), strides: strides.slice(0, -1) })
    this.#offset = offset
  }

  /** Copies the next `n` elements to the front of `into`. */
  read(source: TypedArray, into: TypedArray, n: number): void {
    const copy = copyFrom(source)
    for (let done = 0; done < n; ) {
      const run = Math.min(this.#inner - this.#at, n - done)
      copy(into, done, done + run, source, this.#place, this.#stride)
      done += run
      this.#advance(run)
    }
  }

  /** The same from and to fixed arrays, for all elements at once. */
  reading(source: TypedArray, into: TypedArray, n: number): { run(): void } {
    const [copy, from, stride] = [copyFrom(source), this.#offset, this.#stride]
    return { run: this.#inner === n ? () => copy(into, 0, n, source, from, stride) : () => this.read(source, into, n) }
  }

  /** Copies `n` elements from the front of `source` to the next places. */
  write(into: TypedArray, source: TypedArray, n: number): void {
    for (let done = 0; done < n; ) {
      const run = Math.min(this.#inner - this.#at, n - done)
      let to = this.#place
      for (const end = done + run; done < end; done++, to += this.#stride) into[to] = source[done] as number
      this.#advance(run)
    }
  }

  get #place(): number {
    return this.#offset + this.#outer.position + this.#at * this.#stride
  }

  #advance(n: number): void {
    this.#at += n
    if (this.#at < this.#inner) return
    this.#at = 0
    this.#outer.next()
  }
}

type Copy = (into: TypedArray, to: number, end: number, source: TypedArray, from: number, stride: number) => void

function copyFrom(source: TypedArray): Copy {
  return source instanceof Float32Array ? copyF32 : source instanceof Float64Array ? copyF64 : copyInteger
}

// The same loop thrice: one that has met several kinds of arrays tells them apart at each element.

const copyF32: Copy = (into, to, end, source, from, stride) => {
  for (; to < end; to++, from += stride) into[to] = source[from] as number
}

const copyF64: Copy = (into, to, end, source, from, stride) => {
  for (; to < end; to++, from += stride) into[to] = source[from] as number
}

const copyInteger: Copy = (into, to, end, source, from, stride) => {
  for (; to < end; to++, from += stride) into[to] = source[from] as number
}
