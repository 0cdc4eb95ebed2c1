import { type Backend, backendFor } from '../backend.ts'
import type { TypedArray } from '../dtype.ts'
import { BackendError, ShapeError } from '../errors.ts'
import { sizeOf } from '../shape.ts'
import { record, type Tape } from '../tape.ts'
import type { ReadOptions, Tensor } from '../tensor.ts'
import { makePlan, type Plan, planFor } from './plan.ts'
import { isResident, residentBuffer } from './resident.ts'
import type { ScheduleOptions } from './schedule.ts'

/** Computes outputs and returns their buffers, which belong to the caller. */
export function evaluate(fn: string, outputs: readonly Tensor[], backend: Backend): unknown[] {
  const tape = record(outputs, { through: 'unknown' })
  return runPlan(fn, planFor(backend, tape), tape, backend, (line) => line.value as TypedArray)
}

function runPlan(
  fn: string,
  plan: Plan,
  tape: Tape,
  backend: Backend,
  hostValue: (line: Tensor, source: number) => TypedArray,
): unknown[] {
  const buffers: unknown[] = []
  const uploaded: unknown[] = []
  for (let i = 0; i < plan.sources.length; i++) {
    const line = tape.lines[plan.sources[i] as number] as Tensor
    if (isResident(line.value)) buffers.push(residentBuffer(fn, line.value, backend))
    else {
      const buffer = backend.upload(hostValue(line, i), line.dtype)
      uploaded.push(buffer)
      buffers.push(buffer)
    }
  }
  for (const { dtype, size } of plan.slots) buffers.push(backend.alloc(dtype, size))
  const outputs: unknown[] = []
  for (const { dtype, size } of plan.outputs) {
    const buffer = backend.alloc(dtype, size)
    outputs.push(buffer)
    buffers.push(buffer)
  }
  for (const step of plan.steps) {
    for (let i = 0; i < step.inputs.length; i++) step.buffers[i] = buffers[step.inputs[i] as number]
    for (let i = 0; i < step.scalars.length; i++)
      step.numbers[i] = (tape.lines[plan.scalars[step.scalars[i] as number] as number] as Tensor).value as number
    step.program.run(step.buffers, step.numbers, buffers[step.output])
  }
  const slots = plan.sources.length + plan.slots.length
  for (let i = plan.sources.length; i < slots; i++) backend.free(buffers[i])
  for (const buffer of uploaded) backend.free(buffer)
  backend.submit()
  return outputs
}

export interface ReplayOptions extends ReadOptions, ScheduleOptions {}

/**
 * Plans the computation of `outputs` once and returns a function that runs it again and again with other host data in
 * place of `inputs`, which must be tensors made from data. Synchronous backends only; every call returns new arrays.
 *
 * It is what makes a gradient check cheap: the function under test is traced once, not once per perturbation.
 */
export function replay(
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
  { backend: given, ...options }: ReplayOptions = {},
): (values: readonly TypedArray[]) => TypedArray[] {
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
  return (values) => {
    for (let i = 0; i < sizes.length; i++)
      if (values[i]?.length !== sizes[i])
        throw new ShapeError(
          `replay: value ${i} must have ${sizes[i]} elements, got ${values[i]?.length ?? 'nothing'}.`,
        )
    const buffers = runPlan('replay', plan, tape, backend, (line, source) => {
      const at = argument[source] as number
      return at >= 0 ? (values[at] as TypedArray) : (line.value as TypedArray)
    })
    return buffers.map((buffer) => {
      const data = readSync.call(backend, buffer)
      backend.free(buffer)
      return data
    })
  }
}
