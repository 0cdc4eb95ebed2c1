import { goldenOn } from '@wengert/testing/golden'
import { testBackend } from './testing/testBackend.ts'

// The bias of the keys has no effect on attention, and what is left of its gradient is round-off of numbers around 10.
goldenOn({ backend: await testBackend(), dtype: 'f32', least: 5e-6 })
await import('../../nn/src/nn.golden.test.ts')
