import { type Backend, backendFor } from '../backend.ts'
import type { TypedArray } from '../dtype.ts'
import { BackendError, ShapeError } from '../errors.ts'
import { sizeOf } from '../shape.ts'
import { record, type Tape } from '../tape.ts'
import type { BackendOptions, Tensor, Value } from '../tensor.ts'
import { computedAgain, keepAll, withOutputs } from './keep.ts'
import { observer } from './observe.ts'
import { boundRun, makePlan, type Plan, planFor } from './plan.ts'
import { noticeRepetition } from './repetition.ts'
import { isOpen, isResident, openError, residentBuffer } from './resident.ts'
import type { ScheduleOptions } from './schedule.ts'
import { trimUploads, uploaded } from './uploads.ts'

/** Computes outputs and returns their buffers, which belong to the caller. */
export function evaluate(fn: string, outputs: readonly Tensor[], backend: Backend): unknown[] {
  const tape = record(outputs, { through: 'unknown' })
  return runPlan(planFor(backend, tape), tape, backend, (line) => sourceBuffer(fn, line, backend))
}

/**
 * Computes outputs outside of a state, where tensors may live on: what is computed a second time for the sake of new lines is
 * kept, on the host or, on asynchronous backends, in a buffer that the line owns. `repeats` is told about it.
 */
export function evaluateAndKeep(
  fn: string,
  outputs: readonly Tensor[],
  backend: Backend,
  repeats: typeof noticeRepetition | null = noticeRepetition,
): unknown[] {
  const tape = record(outputs, { through: 'unknown' })
  const again = computedAgain(tape)
  if (again.length > 0)
    repeats?.(
      fn,
      again.map((at) => tape.lines[at] as Tensor),
    )
  const wider = again.length > 0 ? withOutputs(tape, again) : tape
  const buffers = runPlan(planFor(backend, wider), wider, backend, (line) => sourceBuffer(fn, line, backend))
  keepAll(tape, again, buffers.splice(outputs.length), backend)
  for (const line of tape.lines) line.computed = true
  return buffers
}

/** The buffer of a source line, and whether it is to be given back after the run. */
export interface SourceBuffer {
  readonly buffer: unknown
  readonly temporary: boolean
}

/** The buffer of a line that holds its value. */
export function sourceBuffer(fn: string, { value, dtype }: Tensor, backend: Backend): SourceBuffer {
  if (isOpen(value)) throw openError(fn)
  if (isResident(value)) return { buffer: residentBuffer(fn, value, backend), temporary: false }
  return uploaded(value as TypedArray, dtype, backend)
}

/** Runs a plan on the scalars of a tape and the buffers of its sources, and returns the outputs' buffers. */
export function runPlan(
  plan: Plan,
  tape: Tape,
  backend: Backend,
  bufferOf: (line: Tensor, source: number) => SourceBuffer,
): unknown[] {
  const buffers: unknown[] = []
  const temporaries: unknown[] = []
  /** Buffers of this run alone: slots first, and then outputs. */
  const own: unknown[] = []
  let toFree = Number.POSITIVE_INFINITY
  try {
    for (let i = 0; i < plan.sources.length; i++) {
      const { buffer, temporary } = bufferOf(tape.lines[plan.sources[i] as number] as Tensor, i)
      buffers.push(buffer)
      if (temporary) temporaries.push(buffer)
    }
    for (const { dtype, size } of plan.slots) own.push(backend.alloc(dtype, size))
    for (const { dtype, size } of plan.outputs) own.push(backend.alloc(dtype, size))
    for (const buffer of own) buffers.push(buffer)
    for (const step of plan.steps) {
      for (let i = 0; i < step.inputs.length; i++) step.buffers[i] = buffers[step.inputs[i] as number]
      for (let i = 0; i < step.scalars.length; i++)
        step.numbers[i] = (tape.lines[plan.scalars[step.scalars[i] as number] as number] as Tensor).value as number
      for (let i = 0; i < step.outputs.length; i++) step.results[i] = buffers[step.outputs[i] as number]
      if (observer) observer('run', step.kernel, () => step.program.run(step.buffers, step.numbers, step.results))
      else step.program.run(step.buffers, step.numbers, step.results)
    }
    toFree = plan.slots.length
  } finally {
    // Where a kernel or an allocation has thrown, nobody gets the outputs.
    for (let i = 0; i < own.length && i < toFree; i++) backend.free(own[i])
    for (const buffer of temporaries) backend.free(buffer)
  }
  trimUploads(backend)
  backend.submit()
  return own.slice(plan.slots.length)
}

export function isHostArray(value: Value | null): value is TypedArray {
  return ArrayBuffer.isView(value)
}

/** The numbers of a plan's scalars, in its order. */
export function scalarsOf(plan: Plan, tape: Tape): number[] {
  return plan.scalars.map((at) => (tape.lines[at] as Tensor).value as number)
}

export interface ReplayOptions extends BackendOptions, ScheduleOptions {}

/**
 * Plans the computation of `outputs` once and returns a function that runs it again and again with other host data in
 * place of `inputs`, which must be tensors made from data. Synchronous backends only. Every call returns new arrays, unless it is
 * given those of an earlier call, `into`, which it may write again; none of them may be a value.
 *
 * Lines whose value is known, such as those read before, count as constants, so trace the outputs for the purpose.
 *
 * It is what makes a gradient check cheap: the function under test is traced once, not once per perturbation.
 */
export function replay(
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
  { backend: given, ...options }: ReplayOptions = {},
): (values: readonly TypedArray[], into?: TypedArray[]) => TypedArray[] {
  const backend = backendFor('replay', given)
  const { readSync } = backend
  if (!readSync)
    throw new BackendError(
      `replay: backend must be synchronous, got ${backend.name}. Use cpu() from '@wengert/backend-cpu'.`,
    )
  const tape = record(outputs, { through: 'unknown' })
  const plan = options.fuse === false ? makePlan(backend, tape, options) : planFor(backend, tape)
  const sizes = inputs.map(({ shape }) => sizeOf(shape))
  const argument = plan.sources.map((at) => inputs.indexOf(tape.lines[at] as Tensor))
  const sources = plan.sources.map((at) => (tape.lines[at] as Tensor).value)
  const scalars = scalarsOf(plan, tape)
  const onHost = sources.every(isHostArray)
  return (values, into) => {
    for (let i = 0; i < sizes.length; i++)
      if (values[i]?.length !== sizes[i])
        throw new ShapeError(
          `replay: value ${i} must have ${sizes[i]} elements, got ${values[i]?.length ?? 'nothing'}.`,
        )
    const bound = onHost ? boundRun(plan, backend) : null
    if (bound) {
      for (let i = 0; i < sources.length; i++)
        if ((argument[i] as number) >= 0) sources[i] = values[argument[i] as number] as TypedArray
      return bound(sources as TypedArray[], scalars, into)
    }
    const buffers = runPlan(plan, tape, backend, (line, source) => {
      const at = argument[source] as number
      if (at < 0) return sourceBuffer('replay', line, backend)
      return { buffer: backend.upload(values[at] as TypedArray, line.dtype), temporary: true }
    })
    return buffers.map((buffer) => {
      const data = readSync.call(backend, buffer)
      backend.free(buffer)
      return data
    })
  }
}
