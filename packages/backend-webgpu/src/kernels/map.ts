import { type MapKernel, sizeOf } from '@wengert/core'
import { type DeviceTraits, grid, type Stages } from '../stage.ts'
import { moduleOf, storeElement, threadIndex } from '../wgsl/module.ts'
import { bodyFunction, outputBindings } from './body.ts'
import { readsOf } from './reads.ts'

/** Invocations that keep a software adapter busy; each costs it as much as dozens of additions. */
const enough = 2048

/**
 * One invocation for each element, or for each four where all inputs lie in order or stand still along the last axis. On a
 * software adapter an invocation goes on with its neighbours.
 */
export function mapStages(kernel: MapKernel, { software }: DeviceTraits): Stages {
  const { shape, inputs, scalars } = kernel
  const size = sizeOf(shape)
  const body = bodyFunction(kernel)
  const { wide, vector, line } = readsOf(kernel, !(software && body.helped > 1))
  const count = wide ? size / 4 : size
  const turns = software ? Math.max(1, Math.ceil(count / enough)) : 1
  const threads = Math.ceil(count / turns)
  const { workgroups, row } = grid(threads)
  const calls = body.calls(wide, vector)
  const outputs = outputBindings(kernel).map((out) => ({ ...out, vector: wide }))
  const lines = [
    `let e = ${wide ? 'i * 4u' : 'i'};`,
    ...inputs.map((_, i) => line(i, `a${i}`)),
    ...calls.lines,
    ...outputs.map((out, k) => `${out.name}[i] = ${storeElement(out, calls.results[k] as string[])};`),
  ]
  const start = [threadIndex(threads, row, turns > 1 ? 't' : 'i'), ...body.scalars]
  const loop = [
    `for (var i = t * ${turns}u; i < min((t + 1u) * ${turns}u, ${count}u); i++) {`,
    ...lines.map((text) => `  ${text}`),
    '}',
  ]
  const code = moduleOf({
    inputs: inputs.map((input, i) => ({ name: `a${i}`, dtype: input.dtype, vector: vector(i) })),
    outputs,
    scalars: scalars.length,
    needs: body.needs,
    declarations: body.code,
    main: [...start, ...(turns > 1 ? loop : lines)].join('\n'),
  })
  const buffers = [...inputs, ...outputs].map((_, i) => i)
  return { stages: [{ code, buffers, written: outputs.length, scalars: scalars.length > 0, workgroups }], scratch: [] }
}
