import { fold, type Key, mean, norm, normal, sin, type Tensor, tensor, uniform, where } from '@wengert/core'

/** Inputs of length 1 with three coordinates of at least 0, and a sign for each. */
export interface Points {
  /** f64 [N, 3] */
  readonly x: Tensor
  /** f64 [N, 1] */
  readonly y: Tensor
}

/** How often the sign of an input is not the likelier one. */
export const noise = 0.15

/** Inputs spread evenly, with signs that depend on the side of a wavy line, and are wrong now and then. */
export async function draw(key: Key, count: number): Promise<Points> {
  const all = normal(fold(key, 0), [count, 3], { dtype: 'f64' }).abs()
  const x = all.div(norm(all, { axis: 1, keepDims: true }))
  const column = (i: number): Tensor => x.slice([0, i], [count, i + 1])
  const side = column(2)
    .add(sin(column(0).sub(column(1)).mul(6)).mul(0.2))
    .greater(0.4)
  const isWrong = uniform(fold(key, 1), [count, 1]).less(noise)
  const y = where(side.notEqual(isWrong), 1, -1).cast('f64')
  // On the host, so that it is not drawn again.
  return { x: tensor(await x.data(), { shape: x.shape }), y: tensor(await y.data(), { shape: y.shape }) }
}

/** The share of inputs of which two scores say different classes. */
export function difference(a: Tensor, b: Tensor): number {
  return mean(a.greaterEqual(0).notEqual(b.greaterEqual(0)).cast('f64')).item()
}
