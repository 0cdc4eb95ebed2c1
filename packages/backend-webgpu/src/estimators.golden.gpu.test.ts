import { goldenOn } from '@wengert/testing/golden'
import { testBackend } from './testing/testBackend.ts'

// Kernels of inputs that are near one another are nearly singular, which leaves three digits of small scores.
const budget = { infiniteNetworkClassifier: { value: 3e-3 } }
goldenOn({ backend: await testBackend(), dtype: 'f32', cases: 'telling', budget })
await import('../../estimators/src/estimators.golden.test.ts')
