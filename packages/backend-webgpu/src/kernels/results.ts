import type { DType, MatmulKernel } from '@wengert/core'
import { helpersIn } from '../wgsl/helpers.ts'
import { type Binding, type ModuleParts, registerOf, storeElement } from '../wgsl/module.ts'
import { bodyFunction, outputBindings } from './body.ts'
import { readsOf } from './reads.ts'
import { indent } from './tiles.ts'

/** What a product does with its results where a map of them is written. */
export interface Results {
  /** The map's operands but for the product, and all that is written. */
  readonly module: Required<Pick<ModuleParts, 'inputs' | 'outputs' | 'scalars' | 'needs' | 'declarations'>>
  /** Whether `finish` takes four neighbours as a vector. */
  readonly wide: boolean
}

/**
 * The map as a function `finish(e, product)` of an element's index and its value, or of four from there on if they may be.
 * Loops call it in one place, since compilers copy it wherever it is called.
 */
export function resultsOf(kernel: MatmulKernel, fours: boolean): Results | null {
  const { epilogue, dtype } = kernel
  if (!epilogue) return null
  const body = bodyFunction({ ...epilogue, dtype })
  // Only software adapters are asked for fours, and four copies of several functions in a loop take their compilers minutes.
  const { wide, vector, line } = readsOf(epilogue, fours && body.helped <= 1)
  const others = epilogue.inputs.slice(1)
  const calls = body.calls(wide, vector)
  const outputs = outputBindings(kernel).map((out) => ({ ...out, vector: wide }))
  const lines = [
    `let v0 = ${rounded(dtype, wide)};`,
    ...others.map((_, i) => line(i + 1, `c${i}`)),
    ...body.scalars,
    ...calls.lines,
    ...outputs.map(
      (out, k) => `${out.name}[${wide ? 'e / 4u' : 'e'}] = ${storeElement(out, calls.results[k] as string[])};`,
    ),
  ]
  const type = registerOf(dtype)
  const declarations = [
    ...(body.code ? [body.code] : []),
    `fn finish(e: u32, product: ${wide ? `vec4<${type}>` : type}) {`,
    ...indent(lines),
    '}',
  ].join('\n')
  const inputs = others.map((input, i): Binding => ({ name: `c${i}`, dtype: input.dtype, vector: vector(i + 1) }))
  const needs = new Set([...body.needs, ...helpersIn(declarations)])
  return { module: { inputs, outputs, scalars: epilogue.scalars.length, needs, declarations }, wide }
}

/** The product as a kernel of its own would have written it. */
function rounded(dtype: DType, wide: boolean): string {
  if (dtype !== 'f16') return 'product'
  if (!wide) return 'roundToF16(product)'
  return `vec4<f32>(${[...'xyzw'].map((lane) => `roundToF16(product.${lane})`).join(', ')})`
}
