import { cpu } from '@wengert/backend-cpu'
import { goldenOn } from '@wengert/testing/golden'

// In single precision: the inputs are rounded, which a temperature of 0.7 enlarges.
goldenOn({ backend: cpu(), dtype: 'f32', tolerance: { value: 1e-6, gradient: 1e-6 }, least: 3e-7 })
await import('./zeroOne.golden.test.ts')
