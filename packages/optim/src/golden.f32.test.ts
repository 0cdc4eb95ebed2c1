import { cpu } from '@wengert/backend-cpu'
import { goldenOn } from '@wengert/testing/golden'

// One case divides the difference of two gradients by 1e-4, which leaves three digits.
goldenOn({ backend: cpu(), dtype: 'f32', budget: { igniteGradients: { value: 2e-3 } } })
await import('./optim.golden.test.ts')
