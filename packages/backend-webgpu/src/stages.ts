import { type Kernel, outputShape, sizeOf } from '@wengert/core'
import { argSortStages } from './kernels/argSort.ts'
import { concatStages } from './kernels/concat.ts'
import { gatherStages } from './kernels/gather.ts'
import { mapStages } from './kernels/map.ts'
import { matmulStages } from './kernels/matmul.ts'
import { padStages } from './kernels/pad.ts'
import { randomStages } from './kernels/random.ts'
import { reduceStages } from './kernels/reduce.ts'
import { routineStages } from './kernels/routine.ts'
import { scanStages } from './kernels/scan.ts'
import { scatterAddStages } from './kernels/scatterAdd.ts'
import type { DeviceTraits, Stages } from './stage.ts'

const nothing: Stages = { stages: [], scratch: [] }

/** The dispatches of a kernel, as text and numbers: needs no GPU. */
export function stagesOf(kernel: Kernel, traits: DeviceTraits): Stages {
  if (sizeOf(outputShape(kernel)) === 0) return nothing
  switch (kernel.kind) {
    case 'map':
      return mapStages(kernel, traits)
    case 'reduce':
      return reduceStages(kernel, traits)
    case 'matmul':
      return matmulStages(kernel, traits)
    case 'pad':
      return padStages(kernel)
    case 'gather':
      return gatherStages(kernel)
    case 'scatterAdd':
      return scatterAddStages(kernel)
    case 'scan':
      return scanStages(kernel)
    case 'argSort':
      return argSortStages(kernel)
    case 'concat':
      return concatStages(kernel)
    case 'random':
      return randomStages(kernel)
    case 'routine':
      return routineStages(kernel)
    default:
      return kernel satisfies never
  }
}
