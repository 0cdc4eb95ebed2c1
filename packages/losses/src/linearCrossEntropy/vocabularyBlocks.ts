import {
  arange,
  argSort,
  concat,
  customVjp,
  logSumExp,
  matmul,
  max,
  stack,
  sum,
  type Tensor,
  take,
  tanh,
  tensor,
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

/** What the walk back multiplies in a block of C classes. */
export interface Products {
  /** Embeddings [N, D] with rows of the weight, transposed: [D, C]. */
  readonly logits: (e: Tensor, c: Tensor) => Tensor
  /** From the gradient by logits [N, C] those by embeddings [N, D], by rows of the weight [C, D], and by their biases [C]. */
  readonly gradients: (slope: Tensor, c: Tensor, e: Tensor) => readonly [Tensor, Tensor, Tensor]
}

const products: Products = {
  logits: matmul,
  gradients: (slope, c, e) => [matmul(slope, c), matmul(slope.transpose(), e), sum(slope, { axis: 0 })],
}

/**
 * log Σ exp of each token's logits, and the logit of its label: [2, N]. The logits are made block by block, here and
 * again for the gradient, so that no more than a block of them is held; those that a filter leaves out are not made
 * again. Labels are i32 [N].
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
  const capped = (z: Tensor): Tensor => (softcap === undefined ? z : tanh(z.div(softcap)).mul(softcap))
  const logits = (e: Tensor, c: Tensor, b: Tensor, product = matmul): Tensor => capped(product(e, c.transpose()).add(b))
  const cut = (x: Tensor, start: number): Tensor =>
    x.slice([start, ...x.shape.slice(1).map(() => 0)], x.shape.with(0, Math.min(start + width, V)))

  const bent = (f: (z: Tensor) => Tensor): Tensor =>
    concat(starts.map((start) => f(logits(embeddings, cut(weight, start), cut(bias, start)))))
  const scores = filter?.score?.({ embeddings, weight, bias, bent: softcap === undefined ? null : bent })
  const order = scores ? argSort(scores) : null
  const part = (x: Tensor, start: number): Tensor => (order ? take(x, cut(order, start)) : cut(x, start))
  // Where each label stands among the classes, [N, 1].
  const places = (order ? take(argSort(order), labels) : labels).expandDims(-1)
  const numbers = arange(V, { dtype: 'i32' })
  const hits = (start: number): Tensor => places.equal(cut(numbers, start))

  // A custom rule for memory: the logits of the walk back are lines of their own, so those of the first pass are not kept.
  const figures = customVjp(
    (e: Tensor, c: Tensor, b: Tensor) => {
      const [totals, rivals]: [Tensor[], Tensor[]] = [[], []]
      for (const start of starts) {
        const z = logits(e, part(c, start), part(b, start))
        totals.push(logSumExp(z, { axis: -1 }))
        if (filter) rivals.push(max(where(hits(start), Number.NEGATIVE_INFINITY, z), { axis: -1 }))
      }
      const own = capped(sum(e.mul(take(c, labels)), { axis: -1 }).add(take(b, labels)))
      const found = stack([logSumExp(stack(totals, { axis: -1 }), { axis: -1 }), own])
      return filter ? [found, stack(rivals, { axis: -1 })] : [found]
    },
    ([g], [y, rivals], e, c, b) => {
      const [N = 0] = e.shape
      const [total, own, ofTotal, ofLabel] = [y, g].flatMap((x) =>
        [0, 1].map((row) => (x as Tensor).slice([row, 0], [row + 1, N]).reshape([N, 1])),
      ) as [Tensor, Tensor, Tensor, Tensor]
      const before = places.sub(tensor(starts, { dtype: 'i32' }))
      const home = before.greaterEqual(0).and(before.less(width))
      const kept = rivals && filter?.kept({ total, own, rivals, home })
      const [ofWeight, ofBias]: [Tensor[], Tensor[]] = [[], []]
      let ofEmbeddings = zerosLike(e)
      starts.forEach((start, i) => {
        const times = kept && filter ? filter.products(kept, i) : products
        const rows = part(c, start)
        const z = logits(e, rows, part(b, start), times.logits)
        const upstream = z
          .sub(total)
          .exp()
          .mul(ofTotal)
          .add(where(hits(start), ofLabel, 0))
        const slope = softcap === undefined ? upstream : upstream.mul(z.div(softcap).square().neg().add(1))
        const [byE, byRows, byBias] = times.gradients(slope, rows, e)
        // A reduction is not merged with the next: additions would be, and the products of many blocks be held for it.
        ofEmbeddings = sum(ofEmbeddings.add(byE).expandDims(0), { axis: 0 })
        ofWeight.push(byRows)
        ofBias.push(byBias)
      })
      const restored = (parts: readonly Tensor[]): Tensor => {
        const whole = concat(parts)
        return order ? take(whole, argSort(order)) : whole
      }
      return [ofEmbeddings, restored(ofWeight), restored(ofBias)]
    },
  )
  return figures(embeddings, weight, bias)[0] as Tensor
}
