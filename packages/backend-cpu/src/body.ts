import { type DType, type MapBody, type Step, sizeOf, type TypedArray } from '@wengert/core'
import { array } from './array.ts'
import type { BoundProgram, CpuBuffer } from './cpu.ts'
import { loops } from './scalar.ts'
import { type Axes, mergeAxes, StridedCursor } from './strided.ts'

/** Elements handled at a time: registers of this size stay in the innermost cache. */
export const block = 512

// Bodies run one at a time, so all of them share scratch registers.
const scratch: Readonly<Record<DType, TypedArray[]>> = { bool: [], i32: [], f16: [], f32: [], f64: [] }

const none = new Uint8Array(0)

/** Runs the steps of a body over one block after another, each step as one simple loop. */
export class BodyRunner {
  readonly size: number
  readonly #body: MapBody
  /** Inputs, scalars and steps, each from its offset on. */
  readonly #registers: TypedArray[] = []
  readonly #offsets: number[] = []
  /** Registers that are whole buffers: inputs and outputs whose elements lie in order. */
  readonly #whole: { readonly register: number; readonly of: 'input' | 'output'; readonly index: number }[] = []
  /** What fills the other registers, one after the other, and then the outputs whose elements lie otherwise. */
  readonly #reads: (() => void)[] = []
  readonly #steps: (() => void)[] = []
  readonly #writes: (() => void)[] = []
  #inputs: readonly CpuBuffer[] = []
  #outputs: readonly CpuBuffer[] = []
  #start = 0
  /** Elements that each call handles. */
  #n = 0

  /**
   * The last step writes to the first output, or to a register, and those that are stored to the others, whose elements lie in the
   * order of the body's or as `strides` says. The scalars of a bound body have registers of their own.
   */
  constructor(body: MapBody, into: 'output' | 'register', bound = false, strides: readonly number[] | null = null) {
    const { shape, inputs, scalars, steps, stored = [] } = body
    this.size = sizeOf(shape)
    this.#body = body
    const idle: Record<DType, TypedArray[]> = {
      bool: [...scratch.bool],
      i32: [...scratch.i32],
      f16: [],
      f32: [...scratch.f32],
      f64: [...scratch.f64],
    }
    const take = (dtype: DType): TypedArray => {
      const known = idle[dtype].pop()
      if (!known) scratch[dtype].push(array(dtype, block))
      return known ?? (scratch[dtype].at(-1) as TypedArray)
    }
    inputs.forEach(({ strides, offset, dtype }, i) => {
      const axes = mergeAxes(shape, strides)
      if (this.size === 0 || (offset === 0 && isOneRun(axes))) {
        this.#addWhole('input', i)
        return
      }
      const reader = new StridedCursor(axes, offset)
      const register = take(dtype)
      this.#add(register)
      this.#reads.push(() => reader.read((this.#inputs[i] as CpuBuffer).data, register, this.#n))
    })
    for (const dtype of scalars) this.#add(bound ? array(dtype, this.size) : take(dtype))
    const firstStep = inputs.length + scalars.length
    const lastUse = new Map(steps.flatMap(({ args }, i) => args.map((register) => [register, i] as const)))
    const places = strides && this.size > 0 ? mergeAxes(shape, strides) : null
    const scattered = places && !isOneRun(places) ? places : null
    steps.forEach((step, i) => {
      const output = into === 'output' && i === steps.length - 1 ? 0 : stored.indexOf(i) + 1 || -1
      this.#steps.push(this.#callOf(step, firstStep + i))
      if (output === 0 || (output > 0 && !scattered)) this.#addWhole('output', output)
      else {
        const register = take(step.dtype)
        this.#add(register)
        if (output > 0 && scattered) {
          const writer = new StridedCursor(scattered, 0)
          this.#writes.push(() => writer.write((this.#outputs[output] as CpuBuffer).data, register, this.#n))
        }
      }
      // Only now, since the result may not share scratch with the arguments of its own step.
      for (const register of new Set(step.args))
        if (register >= firstStep && lastUse.get(register) === i && !stored.includes(register - firstStep))
          idle[(steps[register - firstStep] as Step).dtype].push(this.#registers[register] as TypedArray)
    })
  }

  #add(register: TypedArray): void {
    this.#registers.push(register)
    this.#offsets.push(0)
  }

  #addWhole(of: 'input' | 'output', index: number): void {
    this.#whole.push({ register: this.#registers.length, of, index })
    this.#add(none)
  }

  /** One step: the loop of its function on registers. */
  #callOf({ op, args: [a = 0, b, c] }: Step, to: number): () => void {
    const loop = loops[op]
    const [r, o] = [this.#registers, this.#offsets]
    if (b === undefined) return () => loop(at(r, to), at(o, to), at(r, a), at(o, a), this.#n)
    if (c === undefined) return () => loop(at(r, to), at(o, to), at(r, a), at(o, a), at(r, b), at(o, b), this.#n)
    return () => loop(at(r, to), at(o, to), at(r, a), at(o, a), at(r, b), at(o, b), at(r, c), at(o, c), this.#n)
  }

  /** Where the elements computed last stand: in this array, from position `at` on. */
  get values(): TypedArray {
    return this.#registers[this.#registers.length - 1] as TypedArray
  }

  get at(): number {
    return this.#offsets[this.#offsets.length - 1] as number
  }

  /** Begins a run. */
  start(inputs: readonly CpuBuffer[], outputs: readonly CpuBuffer[]): void {
    this.#inputs = inputs
    this.#outputs = outputs
    this.#start = 0
    for (let i = 0; i < this.#whole.length; i++) {
      const { register, of, index } = at(this.#whole, i)
      this.#registers[register] = at(of === 'input' ? inputs : outputs, index).data
    }
  }

  setScalars(numbers: readonly number[]): void {
    const { inputs, scalars } = this.#body
    const n = Math.min(this.size, block)
    for (let i = 0; i < scalars.length; i++) {
      const register = this.#registers[inputs.length + i] as TypedArray
      for (let k = 0; k < n; k++) register[k] = numbers[i] as number
    }
  }

  /** Computes the next elements, at most `most` of them and no more than a block, and returns how many; 0 at the end. */
  next(most: number): number {
    this.#n = Math.min(most, this.size - this.#start)
    if (this.#n === 0) return 0
    for (let i = 0; i < this.#whole.length; i++) this.#offsets[at(this.#whole, i).register] = this.#start
    for (let i = 0; i < this.#reads.length; i++) at(this.#reads, i)()
    for (let i = 0; i < this.#steps.length; i++) at(this.#steps, i)()
    for (let i = 0; i < this.#writes.length; i++) at(this.#writes, i)()
    this.#start += this.#n
    return this.#n
  }

  /** A body of at most one block on fixed buffers, whose calls hold their registers and look nothing up. */
  bind(inputs: readonly CpuBuffer[], outputs: readonly CpuBuffer[]): BoundProgram {
    this.start(inputs, outputs)
    const { steps } = this.#body
    const [r, n] = [this.#registers, this.size]
    this.#n = n
    const calls = steps.map(({ op, args }, i) => {
      const loop = loops[op]
      const [out, a] = [at(r, r.length - steps.length + i), at(r, args[0] as number)]
      const [b, c] = [r[args[1] ?? -1], r[args[2] ?? -1]]
      if (!b) return () => loop(out, 0, a, 0, n)
      return c ? () => loop(out, 0, a, 0, b, 0, c, 0, n) : () => loop(out, 0, a, 0, b, 0, n)
    })
    return { calls: [...this.#reads, ...calls, ...this.#writes], setScalars: (numbers) => this.setScalars(numbers) }
  }
}

/** Whether elements lie one after the other. */
function isOneRun({ sizes, strides }: Axes): boolean {
  return sizes.length < 2 && (strides[0] ?? 1) === 1
}

/** An element that is known to be there. */
function at<T>(list: readonly T[], index: number): T {
  return list[index] as T
}
