import type { Tensor } from '@wengert/core'

/** [...B, L, n · size] → [...B, n, L, size] */
export function apart(x: Tensor, n: number, size: number): Tensor {
  return swapped(x.reshape([...x.shape.slice(0, -1), n, size]))
}

/** [...B, n, L, size] → [...B, L, n · size] */
export function together(x: Tensor): Tensor {
  const y = swapped(x)
  return y.reshape([...y.shape.slice(0, -2), (y.shape.at(-2) as number) * (y.shape.at(-1) as number)])
}

/** With the two axes before the last exchanged. */
function swapped(x: Tensor): Tensor {
  const rank = x.shape.length
  return x.transpose([...x.shape.slice(0, -3).keys(), rank - 2, rank - 3, rank - 1])
}

/** Heads [...B, G, S, D], each as often as queries share it: [...B, H, S, D]. */
export function shared(x: Tensor, heads: number): Tensor {
  const [groups, ...rest] = x.shape.slice(-3) as [number, number, number]
  if (groups === heads) return x
  const batch = x.shape.slice(0, -3)
  return x
    .expandDims(-3)
    .broadcastTo([...batch, groups, heads / groups, ...rest])
    .reshape([...batch, heads, ...rest])
}
