import { type fc, test } from '@fast-check/vitest'
import { grad, sum, type Tensor, tensor } from '@wengert/core'
import { checkGradients, laws, positives, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, elementwise, expectClose, paired, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { poissonNll } from './poissonNll.ts'

const counts = (shape: readonly number[]): fc.Arbitrary<Tensor> =>
  tensors(shape, { min: 0, max: 8 }).map((t) => elementwise(Math.round, t))
const rates = paired(positives, counts)
const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1))

describeLoss(poissonNll, {
  name: 'poissonNll',
  args: paired(tensors, counts),
  smooth: paired(tensors, positives),
  // A log rate of 1e4 honestly costs e^10000.
  saturation: 80,
  laws: {
    'is e^z − t z, in plain numbers': (z, t) => {
      expectClose(
        poissonNll(z, t),
        elementwise((z, t) => Math.exp(z) - t * z, z, t),
      )
    },
    'is, in full, minus the logarithm of the probability': (z, t) => {
      const probability = (z: number, t: number): number => (Math.exp(-Math.exp(z)) * Math.exp(z) ** t) / factorial(t)
      expectClose(
        poissonNll(z, t, { full: true }),
        elementwise((z, t) => -Math.log(probability(z, t)), z, t),
        1e-11,
      )
    },
    'has the gradient e^z − t': (z, t) => {
      expectClose(grad((x: Tensor) => sum(poissonNll(x, t)))(z), z.exp().sub(t))
    },
    'is the same of rates': (z, t) => {
      expectClose(poissonNll(z.exp(), t, { logRates: false }), poissonNll(z, t))
    },
    'takes counts of any dtype': (z, t) => {
      expectClose(poissonNll(z, t.cast('i32'), { full: true }), poissonNll(z, t, { full: true }), 0)
    },
  },
})

describe('poissonNll of rates', () => {
  const ofRates = (rate: Tensor, t: Tensor): Tensor => poissonNll(rate, t, { logRates: false })

  test.prop([rates])('has the gradient 1 − t / rate', ([rate, t]) => {
    expectClose(grad((x: Tensor) => sum(ofRates(x, t)))(rate), t.div(rate).neg().add(1))
    checkGradients((x: Tensor) => ofRates(x, t), [rate], { order: 2 })
  })

  test.prop([rates])('is least at the count', ([rate, t]) => {
    laws.bounded((rate: Tensor, t: Tensor) => ofRates(rate, t).sub(ofRates(t, t)), { min: -1e-12 })(rate, t)
  })

  it('costs nothing for a rate of 0 where nothing happens, and infinity where something does', () => {
    expect(values(ofRates(tensor([0, 0]), tensor([0, 1])))).toEqual([0, Number.POSITIVE_INFINITY])
    expect(values(grad((x: Tensor) => sum(ofRates(x, tensor([0]))))(tensor([0])))).toEqual([1])
  })

  it('marks computed counts below 0 by NaN', () => {
    const computed = tensor([1, -1]).mul(1)
    expect(values(poissonNll(tensor([0, 0]), computed)).map(Number.isNaN)).toEqual([false, true])
  })
})

describeErrors('poissonNll', {
  'poissonNll: targets must be counts of at least 0, got -1 at [1].': () => poissonNll(tensor([1, 2]), tensor([1, -1])),
  'poissonNll: predictions must be rates of at least 0, got -2 at [0]. Logarithms need no option.': () =>
    poissonNll(tensor([-2]), tensor([1]), { logRates: false }),
})
