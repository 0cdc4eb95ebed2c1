import { type DType, type MapKernel, type MatmulKernel, outputsOf, type ReduceKernel, type Step } from '@wengert/core'
import { type Binding, load, registerOf, scalar } from '../wgsl/module.ts'
import { expression } from '../wgsl/scalar.ts'

/** A straight-line program over elements, as the kernels that hold one give it. */
export type Body = Pick<MapKernel, 'dtype' | 'inputs' | 'scalars' | 'steps' | 'stored'>

/** A body as a WGSL function of its input registers. */
export interface BodyFunction {
  /** `fn body(r0: f32, …) -> f32`, or `-> Values` where steps are stored, or nothing for a body that only hands its input through. */
  readonly code: string
  readonly needs: ReadonlySet<string>
  /** Steps that call helpers. */
  readonly helped: number
  /** `let s0 = …`, to be read once, before all calls. */
  readonly scalars: readonly string[]
  /** The calls for one element, or for four if `wide`; then some inputs may be vectors. */
  readonly calls: (wide: boolean, isVector: (input: number) => boolean) => BodyCalls
}

/** Calls of a body with its inputs `v0`, `v1`, … */
export interface BodyCalls {
  /** Lines that come first. */
  readonly lines: readonly string[]
  /** For what the body yields, and then for each step that is stored, the values of the elements. */
  readonly results: readonly (readonly string[])[]
}

/** What a kernel with a body writes. */
export function outputBindings(kernel: MapKernel | ReduceKernel | MatmulKernel): readonly Binding[] {
  return outputsOf(kernel).map(({ dtype }, k) => ({ name: k === 0 ? 'out' : `out${k}`, dtype }))
}

export function bodyFunction({ dtype, inputs, scalars, steps, stored = [] }: Body): BodyFunction {
  const needs = new Set<string>()
  if (steps.length === 0 && inputs.length === 1 && inputs[0]?.dtype === dtype)
    return {
      code: '',
      needs,
      helped: 0,
      scalars: [],
      calls: (...how) => ({ lines: [], results: [argumentsOf(inputs, ...how).flat()] }),
    }
  const dtypes: DType[] = [...inputs.map((input) => input.dtype), ...scalars, ...steps.map((step) => step.dtype)]
  const parameters = [...inputs.map((input) => input.dtype), ...scalars].map((type, i) => `r${i}: ${registerOf(type)}`)
  const lines: string[] = []
  let helped = 0
  const first = inputs.length + scalars.length
  steps.forEach((step, i) => {
    const made = expression({
      op: step.op,
      args: step.args.map((arg) => `r${arg}`),
      argTypes: step.args.map((arg) => dtypes[arg] as DType),
      type: step.dtype,
    })
    for (const need of made.needs) needs.add(need)
    if (made.needs.length > 0) helped++
    lines.push(`  let r${first + i} = ${made.code};`)
  })
  const last = dtypes.length - 1
  const result = resultOf(last, dtypes[last] as DType, dtype, needs)
  const fields = [dtype, ...stored.map((at) => (steps[at] as Step).dtype)].map(
    (type, k) => `v${k}: ${registerOf(type)}`,
  )
  const values = [result, ...stored.map((at) => `r${first + at}`)]
  const plain = stored.length === 0
  lines.push(`  return ${plain ? result : `Values(${values.join(', ')})`};`)
  return {
    code: [
      ...(plain ? [] : [`struct Values { ${fields.join(', ')} }`]),
      `fn body(${parameters.join(', ')}) -> ${plain ? registerOf(dtype) : 'Values'} {`,
      ...lines,
      '}',
    ].join('\n'),
    needs,
    helped,
    scalars: scalars.map((type, i) => `let s${i} = ${scalar(type, i)};`),
    calls: (...how) => {
      const calls = argumentsOf(inputs, ...how).map(
        (args) => `body(${[...args, ...scalars.map((_, i) => `s${i}`)].join(', ')})`,
      )
      if (plain) return { lines: [], results: [calls] }
      return {
        lines: calls.map((call, lane) => `let b${lane} = ${call};`),
        results: fields.map((_, k) => calls.map((_, lane) => `b${lane}.v${k}`)),
      }
    },
  }
}

/** What each call of a body is given of its inputs. */
function argumentsOf(inputs: Body['inputs'], wide: boolean, isVector: (input: number) => boolean): string[][] {
  return (wide ? [...'xyzw'] : ['']).map((lane) =>
    inputs.map(({ dtype }, i) => (isVector(i) ? load(dtype, `v${i}.${lane}`) : `v${i}`)),
  )
}

/** A body without steps may hand its input on in another dtype. */
function resultOf(register: number, from: DType, to: DType, needs: Set<string>): string {
  if (from === to) return `r${register}`
  const made = expression({ op: 'cast', args: [`r${register}`], argTypes: [from], type: to })
  for (const need of made.needs) needs.add(need)
  return made.code
}
