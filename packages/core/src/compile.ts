import { type Backend, backendFor } from './backend.ts'
import { hostArray, type TypedArray } from './dtype.ts'
import { describe, ValueError } from './errors.ts'
import { boundRun, planFor } from './evaluate/plan.ts'
import { ownBuffer } from './evaluate/resident.ts'
import { evaluateAndKeep, isHostArray, runPlan, type SourceBuffer, scalarsOf, sourceBuffer } from './evaluate/run.ts'
import { source } from './ops/source.ts'
import { record } from './tape.ts'
import type { BackendOptions, Tensor } from './tensor.ts'
import { isTracing, tracing } from './tracing.ts'
import { leaves, leavesAlike, mapTree } from './tree.ts'

/**
 * f, traced once for each structure of its arguments (trees of tensors: their shapes and dtypes) and then run from its plan
 * without building any lines. The results hold their values. Use it for what is computed again and again with other numbers,
 * such as predictions.
 *
 * f must be pure: what it closes over is taken as it was when f was traced, and values cannot be read inside. Called while
 * something is differentiated or a state is updated, it is f itself and becomes part of that.
 *
 * @example compile((x: Tensor) => sum(x.square()))(tensor([1, 2])).item() // 5
 */
export function compile<A extends readonly unknown[], Y>(
  f: (...args: A) => Y,
  { backend: given }: BackendOptions = {},
): (...args: A) => Y {
  if (typeof f !== 'function') throw new ValueError(`compile: f must be a function, got ${describe(f)}.`)
  const traces = new WeakMap<Backend, Map<string, Trace<A, Y>>>()
  let last: Trace<A, Y> | null = null
  return (...args) => {
    if (isTracing()) return f(...args)
    const backend = backendFor('compile', given)
    const alike = last?.backend === backend ? leavesAlike(last.placeholders, args) : null
    if (last && alike) return last.run(alike)
    const known = traces.get(backend) ?? new Map<string, Trace<A, Y>>()
    const key = structureOf(args)
    last = known.get(key) ?? trace(f, args, backend)
    traces.set(backend, known.set(key, last))
    return last.run(leaves(args))
  }
}

interface Trace<A, Y> {
  readonly backend: Backend
  readonly placeholders: A
  readonly run: (args: readonly Tensor[]) => Y
}

/** What decides whether a trace fits. */
function structureOf(args: readonly unknown[]): string {
  return JSON.stringify(mapTree(({ dtype, shape }) => `${dtype} ${shape}` as unknown as Tensor, args, 'compile'))
}

function trace<A extends readonly unknown[], Y>(f: (...args: A) => Y, args: A, backend: Backend): Trace<A, Y> {
  const open = new Map<Tensor, number>()
  const placeholders = mapTree((leaf) => {
    const placeholder = source({ open: true }, leaf.shape, leaf.dtype)
    open.set(placeholder, open.size)
    return placeholder
  }, args)
  const result = tracing(() => f(...placeholders))
  const outputs = leaves(result, 'compile')
  const tape = record(outputs, { through: 'unknown' })
  const plan = planFor(backend, tape)
  const sources = plan.sources.map((at) => tape.lines[at] as Tensor)
  const argument = sources.map((line) => open.get(line) ?? -1)
  const scalars = scalarsOf(plan, tape)
  const run = (given: readonly Tensor[]): Y => {
    const inputs = sources.map((line, i) =>
      (argument[i] as number) < 0 ? line : (given[argument[i] as number] as Tensor),
    )
    const values: TypedArray[] = []
    for (const { value } of inputs) if (isHostArray(value)) values.push(value)
    const bound = values.length === inputs.length ? boundRun(plan, backend) : null
    let next = 0
    if (bound) {
      const outputs = bound(values, scalars)
      return mapTree(({ shape, dtype }) => source(outputs[next++] as TypedArray, shape, dtype), result)
    }
    const buffers = runPlan(plan, tape, backend, (_, i) => argumentBuffer(inputs[i] as Tensor, backend))
    return mapTree(({ shape, dtype }) => {
      const buffer = buffers[next++]
      if (!backend.readSync) {
        const result = source({ open: true }, shape, dtype)
        ownBuffer(result, buffer, backend)
        return result
      }
      const data = backend.readSync(buffer)
      backend.free(buffer)
      return source(data, shape, dtype)
    }, result)
  }
  return { backend, placeholders, run }
}

/** The buffer of a tensor, and whether it is to be given back. */
function argumentBuffer(x: Tensor, backend: Backend): SourceBuffer {
  if (x.value === null) return { buffer: evaluateAndKeep('compile', [x], backend)[0], temporary: true }
  if (typeof x.value !== 'number') return sourceBuffer('compile', x, backend)
  return { buffer: backend.upload(hostArray(x.dtype, 1).fill(x.value), x.dtype), temporary: true }
}
