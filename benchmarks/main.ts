/** Prints tables of Wengert beside its peers, run in turn in this one process. */

import { cpu } from '@wengert/backend-cpu'
import { useBackend } from '@wengert/core'
import { benchmarkDigitStep } from './digitStep.ts'
import { benchmarkGradientCheck } from './gradientCheck.ts'
import { benchmarkMatmul } from './matmul.ts'
import { benchmarkTape } from './tape.ts'

useBackend(cpu())
console.log(`Node ${process.version}; medians of the rounds in turn, with their range; ratios to the first line`)
await benchmarkTape()
await benchmarkGradientCheck()
await benchmarkMatmul()
await benchmarkDigitStep()
