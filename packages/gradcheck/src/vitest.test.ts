import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { customVjp, mean, relu, type Tensor, tanh, tensor, useBackend } from '@wengert/core'
import { beforeAll, describe, expect, expectTypeOf, it } from 'vitest'
import { GradientCheckError, tensors } from './index.ts'
import { type CheckOptions, gradientMatchers } from './vitest.ts'

expect.extend(gradientMatchers)

beforeAll(() => useBackend(cpu()))

const squareTimes = (factor: number) =>
  customVjp(
    (x: Tensor) => x.square(),
    (g, _, x) => [g.mul(x).mul(2 * factor)],
  )
const x = tensor([1, 2])

describe('toHaveCorrectGradients', () => {
  test.prop([tensors([3], { avoid: [0] }), fc.constantFrom(0.5, 1, 2)], { numRuns: 30 })(
    'tells right gradients from wrong ones',
    (v, factor) => {
      if (factor === 1) expect(squareTimes(factor)).toHaveCorrectGradients([v])
      else expect(squareTimes(factor)).not.toHaveCorrectGradients([v])
    },
  )

  it('fails with the message of the check', () => {
    expect(() => expect(squareTimes(1.5)).toHaveCorrectGradients([x], { order: 1, seed: 4 })).toThrow(
      /checkGradients: the derivative of order 1 must equal the slope[\s\S]*Replay with { order: 1, tolerance: 0.000001, seed: 4/,
    )
  })

  it('fails on the contrary with what was found', () => {
    expect(() => expect(squareTimes(1)).not.toHaveCorrectGradients([x])).toThrow(
      /^toHaveCorrectGradients: a gradient must be wrong, got 4 slopes up to order 2 that agree with differences, the worst by \S+ of what is accepted\.$/,
    )
  })

  it('fails either way where nothing is shown', () => {
    const kinked = (v: Tensor) => relu(v.sub(1))
    expect(() => expect(kinked).toHaveCorrectGradients([x])).toThrow('got a kink at argument 0')
    expect(() => expect(kinked).not.toHaveCorrectGradients([x])).toThrow('got a kink at argument 0')
    expect(kinked).toHaveCorrectGradients([x], { kinks: 'accept' })
    const integers = tensor([1], { dtype: 'i32' })
    expect(() => expect(squareTimes(2)).not.toHaveCorrectGradients([integers])).toThrow(GradientCheckError)
    expect(() => expect(3).not.toHaveCorrectGradients([] as never)).toThrow('must be a function, got number')
  })

  it('takes the arguments of the function', () => {
    const f = (p: { w: Tensor }, v: Tensor) => mean(tanh(p.w.mul(v)))
    expect(f).toHaveCorrectGradients([{ w: x }, x], { order: 1 })
    const { toHaveCorrectGradients } = expect(f)
    expectTypeOf(toHaveCorrectGradients).parameter(0).toEqualTypeOf<[p: { w: Tensor }, v: Tensor]>()
    expectTypeOf<CheckOptions>().toExtend<Parameters<typeof toHaveCorrectGradients>[1]>()
    // @ts-expect-error one argument is missing
    expect(() => expect(f).toHaveCorrectGradients([{ w: x }])).toThrow()
  })
})
