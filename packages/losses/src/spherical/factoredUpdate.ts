import { checkOption, dims, eye, matmul, solve, sum, type Tensor } from '@wengert/core'
import type { FactoredStep, SphericalFactors } from './factoredSphericalLayer.ts'

/**
 * A step of gradient descent on W = V U + 1 ωᵀ for a batch. Nothing here has a size that grows with the number of
 * classes.
 */
export function factoredUpdate(
  fn: string,
  classes: number,
  factors: SphericalFactors,
  { rows, indices, hidden: h, gradients, lr }: FactoredStep,
): { readonly factors: SphericalFactors; readonly change: Tensor } {
  const { selected: g, q, s } = gradients
  dims(
    fn,
    { hidden: h, rows, indices, 'gradients.selected': g, 'gradients.q': q, 'gradients.s': s, ...factors },
    'B D, B M D, B M, B M, B, B, D D, D D, D, D D, D',
  )
  checkOption(fn, 'lr', lr, Number.isFinite(lr), 'a finite number')
  const { u, uInverse, omega, gram, total } = factors
  const across = h.transpose()
  // M = I − hᵀ c h, with c a column that multiplies rows.
  const c = q.mul(2 * lr).expandDims(1)
  const ch = c.mul(h)

  // Woodbury: M⁻¹ = I + hᵀ (I − c h hᵀ)⁻¹ c h, a system of the size of the batch.
  const small = eye(h.shape[0] as number, { dtype: h.dtype }).sub(matmul(ch, across))
  const uInverseNext = uInverse.add(matmul(across, solve(small, matmul(ch, uInverse))))
  const change = g.mul(-lr).expandDims(2).mul(matmul(h, uInverseNext).expandDims(1))

  // The rest of the step is W M − lr G, with G = 1 (hᵀ s)ᵀ + Σ g eₖ hᵀ. Of G only products are needed: WᵀG = Rᵀ h and
  // GᵀG = hᵀ N h.
  const weights = matmul(rows, u).add(omega)
  const r = sum(weights.mul(g.expandDims(2)), { axis: 1 }).add(s.expandDims(1).mul(total))
  const [ss, gs] = [s.expandDims(1), sum(g, { axis: 1, keepDims: true })]
  const mixed = matmul(ss, gs.transpose())
  const n = matmul(ss, ss.transpose()).mul(classes).add(mixed).add(mixed.transpose()).add(meetings(g, indices))

  // (W M − lr G)ᵀ (W M − lr G) = WᵀW − hᵀ z − zᵀ h, symmetric to the last bit.
  const seen = matmul(h, gram)
  const z = c
    .mul(seen.sub(matmul(matmul(seen, across), ch).mul(0.5)))
    .add(r.mul(lr))
    .sub(c.mul(matmul(matmul(h, r.transpose()), h)).mul(lr))
    .sub(matmul(n, h).mul(lr * lr * 0.5))
  const correction = matmul(across, z)

  const down = (x: Tensor): Tensor => x.sub(sum(ch.mul(sum(h.mul(x), { axis: 1, keepDims: true })), { axis: 0 }))
  const along = (weight: Tensor): Tensor => sum(h.mul(weight), { axis: 0 }).mul(lr)
  return {
    factors: {
      u: u.sub(matmul(matmul(u, across), ch)),
      uInverse: uInverseNext,
      omega: down(omega).sub(along(ss)),
      gram: gram.sub(correction.add(correction.transpose())),
      total: down(total).sub(along(ss.mul(classes).add(gs))),
    },
    change,
  }
}

/** Σ g g' over the pairs of two examples' selected classes that are the same class, [B, B]. */
function meetings(g: Tensor, indices: Tensor): Tensor {
  const [B = 0, M = 0] = indices.shape
  const flat = indices.reshape([B * M])
  const same = flat.expandDims(1).equal(flat).cast(g.dtype)
  const all = g.reshape([B * M])
  return sum(all.expandDims(1).mul(all).mul(same).reshape([B, M, B, M]), { axis: [1, 3] })
}
