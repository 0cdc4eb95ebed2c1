import type { DType } from '@wengert/core'
import { workgroupSize } from '../stage.ts'
import { helpers } from './scalar.ts'

/** Type of a value in registers. */
export type Register = 'f32' | 'i32' | 'bool'

/** Type of an element in a buffer: a bool takes four bytes. */
const stored: Readonly<Record<Register, string>> = { f32: 'f32', i32: 'i32', bool: 'u32' }

/** The WGSL type of a dtype. Plans are checked against the backend's dtypes, so no other comes here. */
export function registerOf(dtype: DType): Register {
  if (dtype === 'f64') throw new Error('internal: f64 has no WGSL type')
  return dtype
}

/** A buffer that a module reads. */
export interface Binding {
  readonly name: string
  readonly dtype: DType
  /** Bound as vectors of four. */
  readonly vector?: boolean
}

export interface ModuleParts {
  readonly inputs: readonly Binding[]
  readonly output: Binding
  /** Number of run-time scalars. */
  readonly scalars?: number
  /** Names of the scalar functions' helpers that the text calls. */
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
  output,
  scalars = 0,
  needs = [],
  declarations = '',
  workgroup = String(workgroupSize),
  parameters = '@builtin(global_invocation_id) id: vec3<u32>',
  main,
}: ModuleParts): string {
  const declare = ({ name, dtype, vector }: Binding, binding: number, access: string): string => {
    const type = stored[registerOf(dtype)]
    return `@group(0) @binding(${binding}) var<storage, ${access}> ${name}: array<${vector ? `vec4<${type}>` : type}>;`
  }
  const lines = inputs.map((input, i) => declare(input, i, 'read'))
  lines.push(declare(output, inputs.length, 'read_write'))
  if (scalars > 0)
    lines.push(
      `@group(0) @binding(${inputs.length + 1}) var<uniform> scalars: array<vec4<u32>, ${Math.ceil(scalars / 4)}>;`,
    )
  const functions = helpers(needs)
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
  return dtype === 'bool' ? `(${element} != 0u)` : element
}

/** What a register is as an element of a buffer. */
export function store(dtype: DType, value: string): string {
  return dtype === 'bool' ? `select(0u, 1u, ${value})` : value
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
