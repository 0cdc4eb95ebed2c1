import { device, goldenOn } from './index.ts'

// The operations once more, on a backend that plays a device: in f32, read asynchronously.
goldenOn({ backend: device({ uploadBudget: 2 ** 20 }), dtype: 'f32' })
await import('../../core/src/ops.golden.test.ts')
