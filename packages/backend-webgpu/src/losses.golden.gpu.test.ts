import { goldenOn } from '@wengert/testing/golden'
import { lossBudget } from '@wengert/testing/lossBudget'
import { testBackend } from './testing/testBackend.ts'

// Most kernels need a pipeline of their own for each shape, and compiling them is what takes the time.
goldenOn({ backend: await testBackend(), dtype: 'f32', budget: lossBudget, cases: 'telling' })
await import('../../losses/src/losses.golden.test.ts')
