import { type DType, type MapKernel, type Program, type Step, sizeOf, type TypedArray } from '@wengert/core'
import type { CpuBuffer } from './cpu.ts'
import { binaryLoops, castLoop, unaryLoops, whereLoop } from './scalar.ts'
import { mergeAxes, StridedReader } from './strided.ts'

/** Elements handled at a time: registers of this size stay in the innermost cache. */
const block = 512

const arrays = { bool: Uint8Array, i32: Int32Array, f32: Float32Array, f64: Float64Array } as const

const none = new Uint8Array(0)

// What a register is when it is no scratch register.
const isInput = -1
const isOutput = -2

interface StridedInput {
  readonly register: number
  readonly reader: StridedReader
}

/** Runs the steps of a map over one block after another, each step as one simple loop. */
export function prepareMap(kernel: MapKernel): Program<CpuBuffer> {
  const size = sizeOf(kernel.shape)
  const scratch = new ScratchPlan()
  const strided: StridedInput[] = []
  /** For each register its scratch register, or what else it is. */
  const places = kernel.inputs.map(({ shape, strides, offset, dtype }, register) => {
    const axes = mergeAxes(shape, strides)
    const inOrder = axes.sizes.length === 0 || (axes.sizes.length === 1 && axes.strides[0] === 1)
    if (size === 0 || (offset === 0 && inOrder)) return isInput
    strided.push({ register, reader: new StridedReader(axes, offset) })
    return scratch.take(dtype)
  })
  const firstScalar = places.length
  for (const dtype of kernel.scalars) places.push(scratch.take(dtype))
  const firstStep = places.length

  // A map without steps copies its only register.
  const copy: Step = { op: 'cast', args: [0], dtype: kernel.dtype }
  const steps = kernel.steps.length > 0 ? kernel.steps : [copy]
  const lastUse = new Map<number, number>()
  steps.forEach(({ args }, i) => {
    for (const register of args) lastUse.set(register, i)
  })
  steps.forEach(({ args, dtype }, i) => {
    // The result may not share scratch with the arguments of its own step, so they are given back after.
    places.push(i === steps.length - 1 ? isOutput : scratch.take(dtype))
    for (const register of new Set(args))
      if (register >= firstStep && lastUse.get(register) === i)
        scratch.giveBack((steps[register - firstStep] as Step).dtype, places[register] as number)
  })
  const actions = steps.map((step, i) => actionOf(step, firstStep + i))
  const last = places.length - 1
  const registers = places.map((): TypedArray => none)
  const offsets = places.map(() => 0)

  const run: Program<CpuBuffer>['run'] = (inputs, scalars, output) => {
    if (size === 0) return
    const memory = scratch.memory()
    for (let i = 0; i <= last; i++) {
      const place = places[i] as number
      offsets[i] = 0
      registers[i] =
        place === isInput
          ? (inputs[i] as CpuBuffer).data
          : place === isOutput
            ? output.data
            : (memory[place] as TypedArray)
    }
    const width = Math.min(size, block)
    for (let i = 0; i < kernel.scalars.length; i++) {
      const register = registers[firstScalar + i] as TypedArray
      for (let k = 0; k < width; k++) register[k] = scalars[i] as number
    }
    for (const { reader } of strided) reader.reset()
    for (let start = 0; start < size; start += block) {
      const n = Math.min(block, size - start)
      for (const { register, reader } of strided)
        reader.read((inputs[register] as CpuBuffer).data, registers[register] as TypedArray, n)
      for (let i = 0; i < actions.length; i++) (actions[i] as Action)(registers, offsets, n)
      for (let i = 0; i < firstScalar; i++) if (places[i] === isInput) offsets[i] = start + block
      offsets[last] = start + block
    }
  }
  return { run }
}

/** One step, ready to run: reads and writes registers from their offsets on. */
type Action = (registers: readonly TypedArray[], offsets: readonly number[], n: number) => void

function actionOf({ op, args }: Step, to: number): Action {
  const [a = 0, b = 0, c = 0] = args
  if (op === 'where')
    return (r, o, n) => whereLoop(at(r, to), at(o, to), at(r, a), at(o, a), at(r, b), at(o, b), at(r, c), at(o, c), n)
  if (op === 'cast') return (r, o, n) => castLoop(at(r, to), at(o, to), at(r, a), at(o, a), n)
  if (op in unaryLoops) {
    const loop = unaryLoops[op as keyof typeof unaryLoops]
    return (r, o, n) => loop(at(r, to), at(o, to), at(r, a), at(o, a), n)
  }
  const loop = binaryLoops[op as keyof typeof binaryLoops]
  return (r, o, n) => loop(at(r, to), at(o, to), at(r, a), at(o, a), at(r, b), at(o, b), n)
}

/** An element that is known to be there. */
function at<T>(list: readonly T[], index: number): T {
  return list[index] as T
}

/** Scratch registers of one map. Maps run one at a time, so all of them share the arrays. */
class ScratchPlan {
  readonly #dtypes: DType[] = []
  readonly #idle: Record<DType, number[]> = { bool: [], i32: [], f32: [], f64: [] }
  #memory: readonly TypedArray[] | null = null

  take(dtype: DType): number {
    return this.#idle[dtype].pop() ?? this.#dtypes.push(dtype) - 1
  }

  giveBack(dtype: DType, register: number): void {
    this.#idle[dtype].push(register)
  }

  memory(): readonly TypedArray[] {
    this.#memory ??= this.#borrow()
    return this.#memory
  }

  #borrow(): readonly TypedArray[] {
    const next: Record<DType, number> = { bool: 0, i32: 0, f32: 0, f64: 0 }
    return this.#dtypes.map((dtype) => {
      const index = next[dtype]++
      shared[dtype][index] ??= new arrays[dtype](block)
      return shared[dtype][index]
    })
  }
}

const shared: Record<DType, TypedArray[]> = { bool: [], i32: [], f32: [], f64: [] }
