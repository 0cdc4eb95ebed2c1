import { type DType, type ReduceKernel, type Reduction, sizeOf } from '@wengert/core'
import { type DeviceTraits, grid, type Stage, type Stages } from '../stage.ts'
import { mergeAxes, position } from '../wgsl/layout.ts'
import { type Binding, load, moduleOf, registerOf, storeElement, storeSum, threadIndex } from '../wgsl/module.ts'
import { expression } from '../wgsl/scalar.ts'
import { bodyFunction, outputBindings } from './body.ts'

/** Turns in which one invocation adds up by itself before they count as one: bounds the round-off of long sums. */
const blockLength = 32

/** Least number of elements for which one more invocation pays. */
const leastShare = 128

/** Invocations that keep a device busy. */
const enough: Readonly<Record<'software' | 'hardware', number>> = { software: 1024, hardware: 2 ** 15 }

/** How the elements of one output are shared out: in `parts`, one invocation for each. */
interface Split {
  readonly outputs: number
  /** Elements, or vectors of four. */
  readonly length: number
  readonly parts: number
}

/**
 * Each invocation reduces one part of one output; where that leaves several parts, a second stage reduces these. Parts are
 * stretches on a software adapter and interleaved on a GPU, where neighbours then read neighbouring memory. What lies in order
 * along the reduced axes is read in vectors of four.
 */
export function reduceStages(kernel: ReduceKernel, traits: DeviceTraits): Stages {
  const { shape, axes, inputs, op, dtype, scalars } = kernel
  const kept = shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]))
  const pick = (list: readonly number[], of: readonly number[]): number[] => of.map((axis) => list[axis] as number)
  // What is stored lies in the order of the body's elements, as one more layout to walk.
  const written = { offset: 0, strides: shape.map((_, axis) => sizeOf(shape.slice(axis + 1))) }
  const layouts = kernel.stored ? [...inputs, written] : inputs
  const walk = (of: readonly number[]) =>
    mergeAxes(
      pick(shape, of),
      layouts.map(({ strides }) => pick(strides, of)),
    )
  const [outer, inner] = [walk(kept), walk(axes)]
  const outputs = sizeOf(outer.sizes)
  const step = (i: number): number => inner.strides[i]?.at(-1) ?? 0
  const aligned = ({ offset }: { offset: number }, i: number): boolean =>
    [offset, ...(outer.strides[i] ?? []), ...(inner.strides[i]?.slice(0, -1) ?? [])].every((stride) => stride % 4 === 0)
  const body = bodyFunction(kernel)
  // Four copies of several functions in a loop take the compiler of a software adapter minutes.
  const wide =
    !(traits.software && body.helped > 1) &&
    (inner.sizes.at(-1) ?? 1) % 4 === 0 &&
    inputs.some((_, i) => step(i) === 1) &&
    layouts.every((layout, i) => (step(i) === 0 && i < inputs.length) || (step(i) === 1 && aligned(layout, i)))
  const vector = (i: number): boolean => wide && step(i) === 1
  const length = sizeOf(inner.sizes) / (wide ? 4 : 1)
  const split = { outputs, length, parts: partsOf(outputs, length, traits) }
  const place = (i: number): string =>
    `${position(outer.sizes, outer.strides[i] ?? [], layouts[i]?.offset ?? 0, 'o')} + ${position(inner.sizes, inner.strides[i] ?? [], 0, wide ? '(r * 4u)' : 'r')}`
  const loads = inputs.map(({ dtype: type }, i) =>
    vector(i) ? `let v${i} = a${i}[(${place(i)}) / 4u];` : `let v${i} = ${load(type, `a${i}[${place(i)}]`)};`,
  )
  const calls = body.calls(wide, vector)
  const stored = outputBindings(kernel)
    .slice(1)
    .map((out) => ({ ...out, vector: wide }))
  const stores = stored.map((out, k) => {
    const at = place(inputs.length)
    return `${out.name}[${wide ? `(${at}) / 4u` : at}] = ${storeElement(out, calls.results[k + 1] as string[])};`
  })
  // Totals of an f16 are rounded once, at the end.
  const type = registerOf(dtype)
  const own = inputs.length
  const scratch = own + 1 + stored.length
  const first: Stage = {
    ...stage({
      split,
      op,
      dtype: split.parts > 1 ? type : dtype,
      traits,
      inputs: inputs.map((input, i) => ({ name: `a${i}`, dtype: input.dtype, vector: vector(i) })),
      stored,
      scalars: scalars.length,
      needs: body.needs,
      declarations: body.code,
      before: body.scalars,
      turn: [...loads, ...calls.lines, ...stores],
      elements: calls.results[0] as string[],
      // Invocations that stand side by side should read side by side.
      sideBySide: inputs.some((_, i) => Math.abs(outer.strides[i]?.at(-1) ?? 0) === 1),
    }),
    buffers: [...inputs.keys(), split.parts > 1 ? scratch : own, ...stored.map((_, k) => own + 1 + k)],
    written: 1 + stored.length,
  }
  if (split.parts <= 1) return { stages: [first], scratch: [] }
  const second: Stage = {
    ...stage({
      split: { outputs, length: split.parts, parts: 1 },
      op,
      dtype,
      traits,
      inputs: [{ name: 'a0', dtype: type }],
      stored: [],
      scalars: 0,
      needs: new Set(),
      declarations: '',
      before: [],
      turn: [],
      elements: [`a0[o * ${split.parts}u + r]`],
      sideBySide: false,
    }),
    buffers: [scratch, own],
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
  readonly inputs: readonly Binding[]
  readonly stored: readonly Binding[]
  readonly scalars: number
  readonly needs: ReadonlySet<string>
  readonly declarations: string
  /** Lines of WGSL before the loop, and those at the start of each turn. */
  readonly before: readonly string[]
  readonly turn: readonly string[]
  /** WGSL for what turn `r` of output `o` reduces. */
  readonly elements: readonly string[]
  readonly sideBySide: boolean
}

function stage({
  split,
  op,
  dtype,
  traits,
  before,
  turn,
  elements,
  sideBySide,
  stored,
  ...parts
}: StageParts): Omit<Stage, 'buffers'> {
  const { outputs, length, parts: count } = split
  const type = registerOf(dtype)
  const needs = new Set(parts.needs)
  const combine = (a: string, b: string): string => {
    const name = op === 'sum' ? 'add' : op === 'max' ? 'maximum' : 'minimum'
    const made = expression({ op: name, args: [a, b], argTypes: [type, type], type })
    for (const need of made.needs) needs.add(need)
    return made.code
  }
  const start = identity(op, dtype)
  if (start.endsWith('inf()')) needs.add('inf')
  const total = outputs * count
  const { workgroups, row } = grid(total)
  const share = Math.ceil(length / count)
  // Of nothing no element can be read, not even in a loop that never turns: its index would divide by zero.
  const all = length === 0 ? [] : [...turn, ...elements.map((element) => `block = ${combine('block', element)};`)]
  const lines = [
    threadIndex(total, row),
    ...(sideBySide
      ? [`let o = i % ${outputs}u;`, `let part = i / ${outputs}u;`]
      : [`let o = i / ${count}u;`, `let part = i % ${count}u;`]),
    ...(traits.software || count === 1
      ? [`let begin = part * ${share}u;`, `let end = min(begin + ${share}u, ${length}u);`, 'let step = 1u;']
      : ['let begin = part;', `let end = ${length}u;`, `let step = ${count}u;`]),
    ...before,
    `var total = ${start};`,
    'var r = begin;',
    'while (r < end) {',
    `  var block = ${start};`,
    `  let stop = min(end, r + ${blockLength}u * step);`,
    '  for (; r < stop; r += step) {',
    ...all.map((line) => `    ${line}`),
    '  }',
    `  total = ${combine('total', 'block')};`,
    '}',
    `out[${count === 1 ? 'o' : `o * ${count}u + part`}] = ${storeSum(dtype, 'total')};`,
  ]
  return {
    code: moduleOf({ ...parts, outputs: [{ name: 'out', dtype }, ...stored], needs, main: lines.join('\n') }),
    scalars: parts.scalars > 0,
    workgroups,
  }
}

/** What a reduction starts from. Infinity has no literal in WGSL. */
function identity(op: Reduction, dtype: DType): string {
  if (dtype === 'i32') return op === 'sum' ? '0i' : op === 'max' ? 'i32(-2147483648)' : '2147483647i'
  if (op === 'sum') return `${registerOf(dtype)}(0)`
  return op === 'max' ? '-inf()' : 'inf()'
}
