import type { DType, MapKernel } from '@wengert/core'
import { registerOf, scalar } from '../wgsl/module.ts'
import { expression } from '../wgsl/scalar.ts'

/** A straight-line program over elements, as the kernels that hold one give it. */
export type Body = Pick<MapKernel, 'dtype' | 'inputs' | 'scalars' | 'steps'>

/** A body as a WGSL function of its input registers. */
export interface BodyFunction {
  /** `fn body(r0: f32, …) -> f32`, or nothing for a body that only hands its input through. */
  readonly code: string
  readonly needs: ReadonlySet<string>
  /** `let s0 = …`, to be read once, before all calls. */
  readonly scalars: readonly string[]
  /** The call with these arguments. */
  readonly call: (args: readonly string[]) => string
}

export function bodyFunction({ dtype, inputs, scalars, steps }: Body): BodyFunction {
  const needs = new Set<string>()
  if (steps.length === 0 && inputs.length === 1 && inputs[0]?.dtype === dtype)
    return { code: '', needs, scalars: [], call: ([arg = '']) => arg }
  const dtypes: DType[] = [...inputs.map((input) => input.dtype), ...scalars, ...steps.map((step) => step.dtype)]
  const parameters = [...inputs.map((input) => input.dtype), ...scalars].map((type, i) => `r${i}: ${registerOf(type)}`)
  const lines: string[] = []
  const first = inputs.length + scalars.length
  steps.forEach((step, i) => {
    const made = expression({
      op: step.op,
      args: step.args.map((arg) => `r${arg}`),
      argTypes: step.args.map((arg) => dtypes[arg] as DType),
      type: step.dtype,
    })
    for (const need of made.needs) needs.add(need)
    lines.push(`  let r${first + i} = ${made.code};`)
  })
  const last = dtypes.length - 1
  lines.push(`  return ${resultOf(last, dtypes[last] as DType, dtype, needs)};`)
  return {
    code: `fn body(${parameters.join(', ')}) -> ${registerOf(dtype)} {\n${lines.join('\n')}\n}`,
    needs,
    scalars: scalars.map((type, i) => `let s${i} = ${scalar(type, i)};`),
    call: (args) => `body(${[...args, ...scalars.map((_, i) => `s${i}`)].join(', ')})`,
  }
}

/** A body without steps may hand its input on in another dtype. */
function resultOf(register: number, from: DType, to: DType, needs: Set<string>): string {
  if (from === to) return `r${register}`
  const made = expression({ op: 'cast', args: [`r${register}`], argTypes: [from], type: to })
  for (const need of made.needs) needs.add(need)
  return made.code
}
