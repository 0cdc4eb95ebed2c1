import type { MapKernel, Step } from '@wengert/core'
import { BodyRunner, block } from './body.ts'
import type { CpuProgram } from './cpu.ts'

/** Runs the body of a map block by block; its steps write to the outputs. */
export function prepareMap({ dtype, ...kernel }: MapKernel): CpuProgram {
  // A map without steps copies its only register.
  const copy: Step = { op: 'cast', args: [0], dtype }
  const body = kernel.steps.length > 0 ? kernel : { ...kernel, steps: [copy] }
  const runner = new BodyRunner(body, 'output')
  return {
    run(inputs, scalars, outputs) {
      runner.start(inputs, outputs)
      runner.setScalars(scalars)
      while (runner.next(block) > 0);
    },
    bind: (inputs, outputs) =>
      runner.size <= block ? new BodyRunner(body, 'output', true).bind(inputs, outputs) : null,
  }
}
