import { type DType, type MapKernel, type Program, type Step, sizeOf, type TypedArray } from '@wengert/core'
import type { CpuBuffer } from './cpu.ts'
import { binaryLoops, castLoop, unaryLoops, whereLoop } from './scalar.ts'
import { mergeAxes, StridedReader } from './strided.ts'

/** Elements handled at a time: registers of this size stay in the innermost cache. */
const block = 1024

const arrays = { bool: Uint8Array, i32: Int32Array, f32: Float32Array, f64: Float64Array } as const

/** How a register comes by its contents. */
type Feed =
  | { readonly from: 'input'; readonly input: number }
  | { readonly from: 'strided'; readonly input: number; readonly reader: StridedReader; readonly scratch: number }
  | { readonly from: 'scalar'; readonly scalar: number; readonly scratch: number }
  | { readonly from: 'step'; readonly scratch: number }

const none = new Uint8Array(0)

/** Runs the steps of a map over one block after another, each step as one simple loop. */
export function prepareMap(kernel: MapKernel): Program<CpuBuffer> {
  const size = sizeOf(kernel.shape)
  const scratch = new ScratchPlan()
  const feeds: Feed[] = [
    ...kernel.inputs.map(({ shape, strides, offset, dtype }, input): Feed => {
      const axes = mergeAxes(shape, strides)
      const direct = offset === 0 && (axes.sizes.length === 0 || (axes.sizes.length === 1 && axes.strides[0] === 1))
      if (direct || size === 0) return { from: 'input', input }
      return { from: 'strided', input, reader: new StridedReader(axes, offset), scratch: scratch.take(dtype) }
    }),
    ...kernel.scalars.map((dtype, scalar): Feed => ({ from: 'scalar', scalar, scratch: scratch.take(dtype) })),
  ]
  const first = feeds.length
  const lastUse = new Map<number, number>()
  kernel.steps.forEach(({ args }, i) => {
    for (const register of args) lastUse.set(register, i)
  })
  kernel.steps.forEach(({ args, dtype }, i) => {
    // The result may not share scratch with the arguments of its own step, so they are given back after.
    feeds.push({ from: 'step', scratch: i === kernel.steps.length - 1 ? -1 : scratch.take(dtype) })
    for (const register of new Set(args)) {
      const feed = feeds[register] as Feed
      if (feed.from === 'step' && lastUse.get(register) === i)
        scratch.giveBack((kernel.steps[register - first] as Step).dtype, feed.scratch)
    }
  })

  const registers = feeds.map((): TypedArray => none)
  const offsets = feeds.map(() => 0)
  const strided = feeds.filter((feed) => feed.from === 'strided')
  const actions = kernel.steps.map((step, i) => actionOf(step, first + i))
  // A map without steps copies its only register.
  if (actions.length === 0) {
    feeds.push({ from: 'step', scratch: -1 })
    actions.push(actionOf({ op: 'cast', args: [0], dtype: kernel.dtype }, 1))
  }
  const last = feeds.length - 1

  const run: Program<CpuBuffer>['run'] = (inputs, scalars, output) => {
    if (size === 0) return
    const width = Math.min(size, block)
    const memory = scratch.memory()
    for (let i = 0; i <= last; i++) {
      const feed = feeds[i] as Feed
      offsets[i] = 0
      if (feed.from === 'input') registers[i] = (inputs[feed.input] as CpuBuffer).data
      else {
        const register = feed.scratch < 0 ? output.data : (memory[feed.scratch] as TypedArray)
        registers[i] = register
        if (feed.from === 'scalar') for (let k = 0; k < width; k++) register[k] = scalars[feed.scalar] as number
        else if (feed.from === 'strided') feed.reader.reset()
      }
    }
    for (let start = 0; start < size; start += block) {
      const n = Math.min(block, size - start)
      for (const { input, reader, scratch } of strided)
        reader.read((inputs[input] as CpuBuffer).data, memory[scratch] as TypedArray, n)
      for (let i = 0; i < actions.length; i++) (actions[i] as Action)(registers, offsets, n)
      for (let i = 0; i < first; i++) if ((feeds[i] as Feed).from === 'input') offsets[i] = start + block
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
