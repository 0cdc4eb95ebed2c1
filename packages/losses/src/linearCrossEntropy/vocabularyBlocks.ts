import {
  arange,
  argSort,
  concat,
  customVjp,
  logSumExp,
  matmul,
  stack,
  sum,
  type Tensor,
  take,
  tanh,
  where,
  zeros,
  zerosLike,
} from '@wengert/core'
import type { GradientFilter } from './gradientFilter.ts'

/** How the logits of tokens follow from a linear output layer, and how they are cut into blocks. */
export interface BlockedLogits {
  /** Of [N, D] embeddings, [V, D] weights and [V] biases, capped at ± softcap if there is one. */
  readonly softcap: number | undefined
  /** Classes of a block. */
  readonly width: number
}

/**
 * log Σ exp of each token's logits, and the logit of its label: [2, N]. The logits are made block by block, here and
 * again for the gradient, so that no more than a block of them is held. Labels are i32 [N].
 */
export function blockedFigures(
  { softcap, width }: BlockedLogits,
  labels: Tensor,
  filter: GradientFilter | null,
  embeddings: Tensor,
  weight: Tensor,
  bias: Tensor = zeros(weight.shape.slice(0, 1), { dtype: weight.dtype }),
): Tensor {
  const [V = 0] = weight.shape
  const starts = Array.from({ length: Math.ceil(V / width) }, (_, i) => i * width)
  const cap = (z: Tensor): Tensor => (softcap === undefined ? z : tanh(z.div(softcap)).mul(softcap))
  const logits = (e: Tensor, c: Tensor, b: Tensor): Tensor => cap(matmul(e, c.transpose()).add(b))
  const cut = (x: Tensor, start: number): Tensor =>
    x.slice([start, ...x.shape.slice(1).map(() => 0)], x.shape.with(0, Math.min(start + width, V)))

  // A custom rule for memory: the logits of the walk back are lines of their own, so those of the first pass are not kept.
  const figures = customVjp(
    (e: Tensor, c: Tensor, b: Tensor) => {
      const parts = starts.map((start) => logSumExp(logits(e, cut(c, start), cut(b, start)), { axis: -1 }))
      const own = cap(sum(e.mul(take(c, labels)), { axis: -1 }).add(take(b, labels)))
      return stack([logSumExp(stack(parts, { axis: -1 }), { axis: -1 }), own])
    },
    (g, y, e, c, b) => {
      const [N = 0] = e.shape
      const [total, ofTotal, ofLabel] = [y.slice([0, 0], [1, N]), g.slice([0, 0], [1, N]), g.slice([1, 0])].map((x) =>
        x.reshape([N, 1]),
      ) as [Tensor, Tensor, Tensor]
      const rank = filter?.rank
      const order = rank ? argSort(concat(starts.map((start) => rank(logits(e, cut(c, start), cut(b, start)))))) : null
      const [allRows, allBiases, ids] = order
        ? [take(c, order), take(b, order), order]
        : [c, b, arange(V, { dtype: 'i32' })]
      const [ofWeight, ofBias]: [Tensor[], Tensor[]] = [[], []]
      let ofEmbeddings = zerosLike(e)
      for (const start of starts) {
        const rows = cut(allRows, start)
        const z = logits(e, rows, cut(allBiases, start))
        const p = z.sub(total).exp()
        const hit = labels.expandDims(-1).equal(cut(ids, start))
        const upstream = p.mul(ofTotal).add(where(hit, ofLabel, 0))
        const slope = softcap === undefined ? upstream : upstream.mul(z.div(softcap).square().neg().add(1))
        const kept = filter ? where(filter.kept(p.sub(hit.cast(p.dtype)).abs()), slope, 0) : slope
        const added = ofEmbeddings.add(matmul(filter?.embeddings ? kept : slope, rows))
        // A reduction is not merged with the next: additions would be, and the products of many blocks be held for it.
        ofEmbeddings = sum(added.expandDims(0), { axis: 0 })
        ofWeight.push(matmul(e.transpose(), filter?.weight ? kept : slope).transpose())
        ofBias.push(sum(filter?.embeddings && filter.weight ? kept : slope, { axis: 0 }))
      }
      const restore = (parts: readonly Tensor[]): Tensor => {
        const whole = concat(parts)
        return order ? take(whole, argSort(order)) : whole
      }
      return [ofEmbeddings, restore(ofWeight), restore(ofBias)]
    },
  )
  return figures(embeddings, weight, bias)
}
