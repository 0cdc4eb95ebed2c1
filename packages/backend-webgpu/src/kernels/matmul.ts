import { type MatmulKernel, outputsOf } from '@wengert/core'
import type { DeviceTraits, Stages } from '../stage.ts'
import { registerStage } from './registerStage.ts'
import { tiledStage } from './tiledStage.ts'

export function matmulStages(kernel: MatmulKernel, traits: DeviceTraits): Stages {
  const stage = traits.software ? registerStage(kernel) : tiledStage(kernel)
  const { kept, epilogue } = kernel
  const written = outputsOf(kernel).length
  const read = 2 + (kept ? 1 : 0) + (epilogue ? epilogue.inputs.length - 1 : 0)
  const buffers = Array.from({ length: read + written }, (_, i) => i)
  const scalars = (epilogue?.scalars.length ?? 0) > 0
  return { stages: [{ ...stage, buffers, written, scalars }], scratch: [] }
}
