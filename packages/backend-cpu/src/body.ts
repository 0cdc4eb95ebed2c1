import { type DType, type MapBody, type Step, sizeOf, type TypedArray } from '@wengert/core'
import { array } from './array.ts'
import type { BoundProgram, Call, CpuBuffer } from './cpu.ts'
import { type Loop, loops } from './scalar.ts'
import { type Axes, mergeAxes, StridedCursor } from './strided.ts'

/** Elements handled at a time: registers of this size stay in the innermost cache. */
export const block = 512

// Bodies run one at a time, so all of them share scratch registers.
const scratch: Readonly<Record<DType, TypedArray[]>> = { bool: [], i32: [], f16: [], f32: [], f64: [] }

const none: TypedArray = new Uint8Array(0)

/** One step on some elements: the loop of its function, and where in which registers they begin. */
class StepCall implements Call {
  readonly #loop: Loop
  readonly #registers: readonly number[]
  #n = 0
  #out = none
  #a = none
  #b = none
  #c = none
  #o = 0
  #i = 0
  #j = 0
  #l = 0

  /** A function of fewer arguments gets its first for the others, and does not look at it. */
  constructor({ op, args: [a = 0, b = a, c = a] }: Step, to: number) {
    this.#loop = loops[op]
    this.#registers = [to, a, b, c]
  }

  place(n: number, registers: readonly TypedArray[], offsets: readonly number[]): void {
    const [to, a, b, c] = this.#registers as [number, number, number, number]
    this.#n = n
    this.#out = at(registers, to)
    this.#a = at(registers, a)
    this.#b = at(registers, b)
    this.#c = at(registers, c)
    this.#o = at(offsets, to)
    this.#i = at(offsets, a)
    this.#j = at(offsets, b)
    this.#l = at(offsets, c)
  }

  run(): void {
    this.#loop(this.#n, this.#out, this.#o, this.#a, this.#i, this.#b, this.#j, this.#c, this.#l)
  }
}

/** Elements of a buffer that lie in no order, and the register that they are read to or written from. */
interface Strided {
  readonly cursor: StridedCursor
  readonly index: number
  readonly register: TypedArray
}

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
  readonly #reads: Strided[] = []
  readonly #steps: StepCall[] = []
  readonly #writes: Strided[] = []
  #inputs: readonly CpuBuffer[] = []
  #outputs: readonly CpuBuffer[] = []
  #start = 0

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
      const register = take(dtype)
      this.#add(register)
      this.#reads.push({ cursor: new StridedCursor(axes, offset), index: i, register })
    })
    for (const dtype of scalars) this.#add(bound ? array(dtype, this.size) : take(dtype))
    const firstStep = inputs.length + scalars.length
    const lastUse: number[] = []
    steps.forEach(({ args }, i) => {
      for (const register of args) lastUse[register] = i
    })
    const places = strides && this.size > 0 ? mergeAxes(shape, strides) : null
    const scattered = places && !isOneRun(places) ? places : null
    steps.forEach((step, i) => {
      const output = into === 'output' && i === steps.length - 1 ? 0 : stored.indexOf(i) + 1 || -1
      this.#steps.push(new StepCall(step, firstStep + i))
      if (output === 0 || (output > 0 && !scattered)) this.#addWhole('output', output)
      else {
        const register = take(step.dtype)
        this.#add(register)
        if (output > 0 && scattered)
          this.#writes.push({ cursor: new StridedCursor(scattered, 0), index: output, register })
      }
      // Only now, since the result may not share scratch with the arguments of its own step.
      for (const register of step.args)
        if (register >= firstStep && lastUse[register] === i && !stored.includes(register - firstStep)) {
          // An argument may come twice.
          lastUse[register] = -1
          idle[(steps[register - firstStep] as Step).dtype].push(this.#registers[register] as TypedArray)
        }
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
    const n = Math.min(most, this.size - this.#start)
    if (n === 0) return 0
    for (let i = 0; i < this.#whole.length; i++) this.#offsets[at(this.#whole, i).register] = this.#start
    for (let i = 0; i < this.#reads.length; i++) {
      const { cursor, index, register } = at(this.#reads, i)
      cursor.read(at(this.#inputs, index).data, register, n)
    }
    for (let i = 0; i < this.#steps.length; i++) {
      const step = at(this.#steps, i)
      step.place(n, this.#registers, this.#offsets)
      step.run()
    }
    for (let i = 0; i < this.#writes.length; i++) {
      const { cursor, index, register } = at(this.#writes, i)
      cursor.write(at(this.#outputs, index).data, register, n)
    }
    this.#start += n
    return n
  }

  /** A body of at most one block on fixed buffers, whose calls hold their registers and look nothing up. */
  bind(inputs: readonly CpuBuffer[], outputs: readonly CpuBuffer[]): BoundProgram {
    this.start(inputs, outputs)
    const n = this.size
    for (const step of this.#steps) step.place(n, this.#registers, this.#offsets)
    const reads = this.#reads.map(({ cursor, index, register }) => cursor.reading(at(inputs, index).data, register, n))
    const writes = this.#writes.map(({ cursor, index, register }): Call => {
      const { data } = at(outputs, index)
      return { run: () => cursor.write(data, register, n) }
    })
    return { calls: [...reads, ...this.#steps, ...writes], setScalars: (numbers) => this.setScalars(numbers) }
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
