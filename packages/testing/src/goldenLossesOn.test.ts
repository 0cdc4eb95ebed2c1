import { device, goldenOn } from './index.ts'
import { lossBudget } from './lossBudget.ts'

// The losses once more, on a backend that plays a device: in f32, read asynchronously.
goldenOn({ backend: device({ uploadBudget: 2 ** 20 }), dtype: 'f32', budget: lossBudget })
await import('../../losses/src/losses.golden.test.ts')
