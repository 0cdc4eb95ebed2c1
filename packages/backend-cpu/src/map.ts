import { type DType, type MapKernel, type Program, sizeOf, type Step, type TypedArray } from '@wengert/core'
import type { CpuBuffer } from './cpu.ts'
import { binaryLoops, castLoop, copyLoop, unaryLoops, whereLoop } from './scalar.ts'
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
  const last = feeds.length - 1
  const run: Program<CpuBuffer>['run'] = (inputs, scalars, output) => {
    if (size === 0) return
    const width = Math.min(size, block)
    const memory = scratch.memory()
    feeds.forEach((feed, i) => {
      registers[i] = feed.from === 'input' ? (inputs[feed.input] as CpuBuffer).data : (memory[feed.scratch] ?? output.data)
      offsets[i] = 0
      if (feed.from === 'scalar') (registers[i] as TypedArray).fill(scalars[feed.scalar] as number, 0, width)
      if (feed.from === 'strided') feed.reader.reset()
    })
    for (let start = 0; start < size; start += block) {
      const n = Math.min(block, size - start)
      for (const { input, reader, scratch } of strided)
        reader.read((inputs[input] as CpuBuffer).data, memory[scratch] as TypedArray, n)
      if (kernel.steps.length === 0) {
        copyLoop(output.data, start, registers[0] as TypedArray, offsets[0] as number, n)
      }
      for (let s = 0; s < kernel.steps.length; s++)
        runStep(kernel.steps[s] as Step, registers, offsets, first + s, n)
      for (let i = 0; i < first; i++) if (feeds[i]?.from === 'input') offsets[i] = start + block
      if (last >= first) offsets[last] = start + block
    }
    registers.fill(none)
  }
  return { run }
}

function runStep({ op, args }: Step, registers: TypedArray[], offsets: number[], to: number, n: number): void {
  const out = registers[to] as TypedArray
  const o = offsets[to] as number
  const p = args[0] as number
  const a = registers[p] as TypedArray
  const i = offsets[p] as number
  if (op === 'where') {
    const q = args[1] as number
    const r = args[2] as number
    whereLoop(out, o, a, i, registers[q] as TypedArray, offsets[q] as number, registers[r] as TypedArray, offsets[r] as number, n)
  } else if (op === 'cast') castLoop(out, o, a, i, n)
  else if (op in binaryLoops) {
    const q = args[1] as number
    binaryLoops[op as keyof typeof binaryLoops](out, o, a, i, registers[q] as TypedArray, offsets[q] as number, n)
  } else unaryLoops[op as keyof typeof unaryLoops](out, o, a, i, n)
}

/** Scratch registers of a map; maps run one at a time and share the arrays. */
class ScratchPlan {
  readonly #dtypes: DType[] = []
  readonly #idle: Record<DType, number[]> = { bool: [], i32: [], f32: [], f64: [] }

  take(dtype: DType): number {
    return this.#idle[dtype].pop() ?? this.#dtypes.push(dtype) - 1
  }

  giveBack(dtype: DType, register: number): void {
    this.#idle[dtype].push(register)
  }

  memory(): readonly TypedArray[] {
    return this.#memory ?? (this.#memory = this.#lend())
  }

  #memory: readonly TypedArray[] | null = null

  #lend(): readonly TypedArray[] {
    const next: Record<DType, number> = { bool: 0, i32: 0, f32: 0, f64: 0 }
    return this.#dtypes.map((dtype) => {
      const at = next[dtype]++
      const arraysOf = shared[dtype]
      return arraysOf[at] ?? (arraysOf[at] = new arrays[dtype](block))
    })
  }
}

const shared: Record<DType, TypedArray[]> = { bool: [], i32: [], f32: [], f64: [] }
