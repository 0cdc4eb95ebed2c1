import { goldenOn } from '@wengert/testing/golden'
import { testBackend } from './testing/testBackend.ts'

goldenOn({ backend: await testBackend(), dtype: 'f32' })
await import('../../core/src/ops.golden.test.ts')
