import { goldenOn } from '@wengert/testing/golden'
import { testBackend } from './testing/testBackend.ts'

// One case divides the difference of two gradients by 1e-4, which leaves three digits.
goldenOn({ backend: await testBackend(), dtype: 'f32', budget: { igniteGradients: { value: 2e-3 } } })
await import('../../optim/src/optim.golden.test.ts')
