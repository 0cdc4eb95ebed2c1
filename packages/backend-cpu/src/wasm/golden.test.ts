import { goldenOn } from '@wengert/testing/golden'
import { lossBudget } from '@wengert/testing/lossBudget'
import { cpu } from './cpu.ts'

// Reference figures of losses on generated kernels, however small these are.
goldenOn({ backend: cpu({ wasm: 'always' }), dtype: 'f32', budget: lossBudget, cases: 'telling' })
await import('../../../losses/src/losses.golden.test.ts')
