import { type Tensor, tensor } from '@wengert/core'

/** The set of table 1: one example above a crowd of n − 1 that are all alike. */
export function oneAgainstMany(n: number): { readonly x: Tensor; readonly labels: Tensor } {
  const x = Array.from({ length: n }, (_, i) => (i === 0 ? [0.5, -1] : [-0.5, -1]))
  const labels = Array.from({ length: n }, (_, i) => (i === 0 ? 1 : -1))
  return { x: tensor(x, { dtype: 'f64' }), labels: tensor(labels, { dtype: 'i32' }) }
}
