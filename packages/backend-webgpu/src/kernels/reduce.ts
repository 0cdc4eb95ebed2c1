import { type DType, type ReduceKernel, type Reduction, sizeOf } from '@wengert/core'
import { type DeviceTraits, grid, type Stage, type Stages } from '../stage.ts'
import { mergeAxes, position } from '../wgsl/layout.ts'
import { load, moduleOf, registerOf, threadIndex } from '../wgsl/module.ts'
import { expression } from '../wgsl/scalar.ts'
import { bodyFunction } from './body.ts'

/** Elements that one invocation adds up by itself before they count as one: bounds the round-off of long sums. */
const blockLength = 64

/** Least number of elements for which one more invocation pays. */
const leastShare = 128

/** Invocations that keep a device busy. */
const enough: Readonly<Record<'software' | 'hardware', number>> = { software: 64, hardware: 2 ** 15 }

/** How the elements of one output are shared out: in `parts`, one invocation for each. */
interface Split {
  readonly outputs: number
  readonly length: number
  readonly parts: number
}

/**
 * Each invocation reduces one part of one output; where that leaves several parts, a second stage reduces these. Parts are
 * stretches on a software adapter and interleaved on a GPU, where neighbours then read neighbouring memory.
 */
export function reduceStages(kernel: ReduceKernel, traits: DeviceTraits): Stages {
  const { shape, axes, inputs, op, dtype, scalars } = kernel
  const kept = shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]))
  const pick = (list: readonly number[], of: readonly number[]): number[] => of.map((axis) => list[axis] as number)
  const walk = (of: readonly number[]) =>
    mergeAxes(
      pick(shape, of),
      inputs.map((input) => pick(input.strides, of)),
    )
  const [outer, inner] = [walk(kept), walk(axes)]
  const outputs = sizeOf(outer.sizes)
  const length = sizeOf(inner.sizes)
  const split = { outputs, length, parts: partsOf(outputs, length, traits) }
  const body = bodyFunction(kernel)
  const place = (i: number): string =>
    `${position(outer.sizes, outer.strides[i] ?? [], inputs[i]?.offset ?? 0, 'o')} + ${position(inner.sizes, inner.strides[i] ?? [], 0, 'r')}`
  const first: Stage = {
    ...stage({
      split,
      op,
      dtype,
      traits,
      inputs: inputs.map((input, i) => ({ name: `a${i}`, dtype: input.dtype })),
      scalars: scalars.length,
      needs: body.needs,
      declarations: body.code,
      element: body.call(inputs.map((input, i) => load(input.dtype, `a${i}[${place(i)}]`))),
      // Invocations that stand side by side should read side by side.
      sideBySide: inputs.some((_, i) => Math.abs(outer.strides[i]?.at(-1) ?? 0) === 1),
    }),
    buffers: [...inputs.keys(), split.parts > 1 ? inputs.length + 1 : inputs.length],
  }
  if (split.parts <= 1) return { stages: [first], scratch: [] }
  const scratch = inputs.length + 1
  const second: Stage = {
    ...stage({
      split: { outputs, length: split.parts, parts: 1 },
      op,
      dtype,
      traits,
      inputs: [{ name: 'a0', dtype }],
      scalars: 0,
      needs: new Set(),
      declarations: '',
      element: `a0[o * ${split.parts}u + r]`,
      sideBySide: false,
    }),
    buffers: [scratch, inputs.length],
  }
  return { stages: [first, second], scratch: [outputs * split.parts] }
}

/** √ of a long row at most: the second stage then has no more to do than the first. */
function partsOf(outputs: number, length: number, { software }: DeviceTraits): number {
  const wanted = Math.floor(enough[software ? 'software' : 'hardware'] / Math.max(1, outputs))
  const most = Math.min(Math.floor(length / leastShare), Math.ceil(Math.sqrt(length)))
  return Math.max(1, Math.min(wanted, most))
}

interface StageParts {
  readonly split: Split
  readonly op: Reduction
  readonly dtype: DType
  readonly traits: DeviceTraits
  readonly inputs: readonly { readonly name: string; readonly dtype: DType }[]
  readonly scalars: number
  readonly needs: ReadonlySet<string>
  readonly declarations: string
  /** WGSL for element `r` of output `o`. */
  readonly element: string
  readonly sideBySide: boolean
}

function stage({ split, op, dtype, traits, element, sideBySide, ...parts }: StageParts): Omit<Stage, 'buffers'> {
  const { outputs, length, parts: count } = split
  const needs = new Set(parts.needs)
  const combine = (a: string, b: string): string => {
    const name = op === 'sum' ? 'add' : op === 'max' ? 'maximum' : 'minimum'
    const made = expression({ op: name, args: [a, b], argTypes: [dtype, dtype], type: dtype })
    for (const need of made.needs) needs.add(need)
    return made.code
  }
  const start = identity(op, dtype)
  if (start.endsWith('inf()')) needs.add('inf')
  const total = outputs * count
  const { workgroups, row } = grid(total)
  // Nothing to reduce leaves the start, and there is no element to write an index for.
  const value = length === 0 ? start : element
  const share = Math.ceil(length / count)
  const lines = [
    threadIndex(total, row),
    ...(sideBySide
      ? [`let o = i % ${outputs}u;`, `let part = i / ${outputs}u;`]
      : [`let o = i / ${count}u;`, `let part = i % ${count}u;`]),
    ...(traits.software || count === 1
      ? [`let begin = part * ${share}u;`, `let end = min(begin + ${share}u, ${length}u);`, `let step = 1u;`]
      : ['let begin = part;', `let end = ${length}u;`, `let step = ${count}u;`]),
    `var total = ${start};`,
    'var r = begin;',
    'while (r < end) {',
    `  var block = ${start};`,
    `  let stop = min(end, r + ${blockLength}u * step);`,
    '  for (; r < stop; r += step) {',
    `    let value = ${value};`,
    `    block = ${combine('block', 'value')};`,
    '  }',
    `  total = ${combine('total', 'block')};`,
    '}',
    `out[${count === 1 ? 'o' : `o * ${count}u + part`}] = total;`,
  ]
  return {
    code: moduleOf({ ...parts, output: { name: 'out', dtype }, needs, main: lines.join('\n') }),
    scalars: parts.scalars > 0,
    workgroups,
  }
}

/** What a reduction starts from. Infinity has no literal in WGSL, so the most extreme finite numbers' neighbours come as bits. */
function identity(op: Reduction, dtype: DType): string {
  if (dtype === 'i32') return op === 'sum' ? '0i' : op === 'max' ? 'i32(-2147483648)' : '2147483647i'
  if (op === 'sum') return `${registerOf(dtype)}(0)`
  return op === 'max' ? '-inf()' : 'inf()'
}
