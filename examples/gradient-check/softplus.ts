import { type Array as JaxArray, nn, numpy as np } from '@jax-js/jax'
import { checkGradients } from '@wengert/gradcheck/jax-js'
import { checkGradient, type GradientReport } from '@wengert/gradcheck/plain'

/** A way to compute softplus, log(1 + eˣ), in f32. Its check throws where the gradient is wrong. */
export interface Softplus {
  readonly author: string
  readonly formula: string
  readonly check: (x: readonly number[]) => GradientReport
}

const round = Math.fround

/** Numbers that a function makes of each element, added up. */
const total = (x: Float64Array, f: (v: number) => number): number => x.reduce((sum, v) => round(sum + f(v)), 0)

export const softplus: readonly Softplus[] = [
  {
    author: 'jax-js',
    formula: 'nn.softplus(x)',
    check: (x) => checkGradients((v: JaxArray) => nn.softplus(v), [np.array([...x])]),
  },
  {
    author: 'by hand',
    formula: 'log(1 + eˣ)',
    check: (x) => {
      const value = (v: Float64Array) => total(v, (a) => round(Math.log(round(1 + round(Math.exp(a))))))
      const slope = (a: number) => round(round(Math.exp(a)) / round(1 + round(Math.exp(a))))
      return checkGradient({ value, gradient: (v) => v.map(slope) }, x, { precision: 'f32' })
    },
  },
  {
    author: 'by hand',
    formula: 'max(x, 0) + log(1 + e^−|x|)',
    check: (x) => {
      const value = (v: Float64Array) =>
        total(v, (a) => round(Math.max(a, 0) + round(Math.log1p(round(Math.exp(-Math.abs(a)))))))
      const slope = (a: number) => round(1 / round(1 + round(Math.exp(-a))))
      return checkGradient({ value, gradient: (v) => v.map(slope) }, x, { precision: 'f32' })
    },
  },
]
