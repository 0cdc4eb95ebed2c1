import type { DType } from '@wengert/core'
import { workgroupSize } from '../stage.ts'
import { helpers, helpersIn } from './helpers.ts'

/** Type of a value in registers. */
export type Register = 'f32' | 'i32' | 'bool'

/** The WGSL type of a dtype in registers: f16 is computed in f32. Plans are checked against the backend's dtypes, so no other comes here. */
export function registerOf(dtype: DType): Register {
  if (dtype === 'f64') throw new Error('internal: f64 has no WGSL type')
  return dtype === 'f16' ? 'f32' : dtype
}

/** The WGSL type of an element in a buffer: a bool takes four bytes. */
export function storedAs(dtype: DType): string {
  return dtype === 'bool' ? 'u32' : dtype
}

/** A buffer that a module reads or writes. */
export interface Binding {
  readonly name: string
  readonly dtype: DType
  /** Bound as vectors of four. */
  readonly vector?: boolean
}

export interface ModuleParts {
  readonly inputs: readonly Binding[]
  readonly outputs: readonly Binding[]
  /** Number of run-time scalars. */
  readonly scalars?: number
  /** Names of the helpers that the declarations call; those of `main` are found. */
  readonly needs?: Iterable<string>
  /** Functions and workgroup variables. */
  readonly declarations?: string
  readonly workgroup?: string
  /** Parameters of `main`. @default the global invocation id, as `id` */
  readonly parameters?: string
  /** What `main` does. */
  readonly main: string
}

/** Puts a module together. */
export function moduleOf({
  inputs,
  outputs,
  scalars = 0,
  needs = [],
  declarations = '',
  workgroup = String(workgroupSize),
  parameters = '@builtin(global_invocation_id) id: vec3<u32>',
  main,
}: ModuleParts): string {
  const declare = ({ name, dtype, vector }: Binding, binding: number, access: string): string => {
    const type = storedAs(dtype)
    return `@group(0) @binding(${binding}) var<storage, ${access}> ${name}: array<${vector ? `vec4<${type}>` : type}>;`
  }
  const half = [...inputs, ...outputs].some(({ dtype }) => dtype === 'f16')
  const lines = half ? ['enable f16;'] : []
  lines.push(...inputs.map((input, i) => declare(input, i, 'read')))
  lines.push(...outputs.map((out, i) => declare(out, inputs.length + i, 'read_write')))
  if (scalars > 0)
    lines.push(
      `@group(0) @binding(${inputs.length + outputs.length}) var<uniform> scalars: array<vec4<u32>, ${Math.ceil(scalars / 4)}>;`,
    )
  const functions = helpers([...needs, ...helpersIn(main)])
  if (functions) lines.push(functions)
  if (declarations) lines.push(declarations)
  lines.push(`@compute @workgroup_size(${workgroup})`, `fn main(${parameters}) {`, indent(main), '}')
  return `${lines.join('\n')}\n`
}

function indent(text: string): string {
  return text
    .trim()
    .split('\n')
    .map((line) => (line ? `  ${line}` : line))
    .join('\n')
}

/** What an element of a buffer is in a register. */
export function load(dtype: DType, element: string): string {
  if (dtype === 'f16') return `f32(${element})`
  return dtype === 'bool' ? `(${element} != 0u)` : element
}

/** What a register is as an element of a buffer; of dtype f16 it must be rounded before. */
export function store(dtype: DType, value: string): string {
  if (dtype === 'f16') return `f16(${value})`
  return dtype === 'bool' ? `select(0u, 1u, ${value})` : value
}

/** What a register is as an element of a buffer, or four as a vector. */
export function storeElement({ dtype, vector }: Binding, values: readonly string[]): string {
  const elements = values.map((value) => store(dtype, value)).join(', ')
  return vector ? `vec4<${storedAs(dtype)}>(${elements})` : elements
}

/** A sum kept in a register, as an element of a buffer. */
export function storeSum(dtype: DType, value: string): string {
  return store(dtype, dtype === 'f16' ? `roundToF16(${value})` : value)
}

/** Scalar number `i` of a run. */
export function scalar(dtype: DType, i: number): string {
  const bits = `scalars[${i >> 2}].${'xyzw'[i & 3]}`
  return dtype === 'bool' ? `(${bits} != 0u)` : `bitcast<${registerOf(dtype)}>(${bits})`
}

/** `let i = …` for one invocation per element of a folded grid; the others return. */
export function threadIndex(count: number, row: number, name = 'i'): string {
  return `let ${name} = id.y * ${row}u + id.x;\nif (${name} >= ${count}u) { return; }`
}
