import { goldenOn } from '@wengert/testing/golden'
import { cpu } from './cpu.ts'

// Reference figures of layers on generated kernels, however small these are.
goldenOn({ backend: cpu({ wasm: 'always' }), dtype: 'f32', least: 5e-6 })
await import('../../../nn/src/nn.golden.test.ts')
