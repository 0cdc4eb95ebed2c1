import {
  checkCount,
  type DrawOptions,
  dims,
  eye,
  type Key,
  matmul,
  normal,
  stopGradient,
  sum,
  type Tensor,
  zeros,
} from '@wengert/core'
import { checkFloats } from '../check.ts'
import { factoredUpdate } from './factoredUpdate.ts'

export interface FactoredSphericalOptions extends DrawOptions {
  /** Number D of hidden features. */
  readonly in: number
  /** Number K of classes. */
  readonly out: number
}

/** What stands beside the table V [K, D] for the weight W = V U + 1 ωᵀ [K, D]. */
export interface SphericalFactors {
  /** U, [D, D]. */
  readonly u: Tensor
  /** U⁻¹, [D, D]. */
  readonly uInverse: Tensor
  /** ω, [D]. */
  readonly omega: Tensor
  /** WᵀW, [D, D]. */
  readonly gram: Tensor
  /** Wᵀ1, [D]. */
  readonly total: Tensor
}

/**
 * What a loss of the spherical family depends on, for the outputs o = W h of each example; also its gradients by these.
 */
export interface SphericalSums {
  /** o at the classes looked at, [B, M]. */
  readonly selected: Tensor
  /** Σ o², [B]. */
  readonly q: Tensor
  /** Σ o, [B]. */
  readonly s: Tensor
}

/** A step of gradient descent. */
export interface FactoredStep {
  /** Rows of the table, [B, M, D], at these indices, i32 [B, M]. */
  readonly rows: Tensor
  readonly indices: Tensor
  /** What came in, [B, D]. */
  readonly hidden: Tensor
  /** Gradients of the objective by selected, q and s. */
  readonly gradients: SphericalSums
  readonly lr: number
}

export interface FactoredSphericalLayer {
  /** A normal weight of variance 1/D. */
  init(key: Key): { readonly table: Tensor; readonly factors: SphericalFactors }
  /**
   * The factors of a given weight [K, D], which is its own table: for a weight from elsewhere, and to be rid of
   * round-off.
   */
  from(weight: Tensor): { readonly table: Tensor; readonly factors: SphericalFactors }
  /** W = V U + 1 ωᵀ, [K, D]: all the weight, at a cost that grows with K. */
  weight(table: Tensor, factors: SphericalFactors): Tensor
  /** The sums for hidden [B, D], given the rows [B, M, D] of the table at the classes looked at. */
  apply(factors: SphericalFactors, rows: Tensor, hidden: Tensor): SphericalSums
  /** The next factors, and what to add to the rows of the table, [B, M, D]. */
  update(factors: SphericalFactors, step: FactoredStep): { readonly factors: SphericalFactors; readonly change: Tensor }
}

/**
 * Linear output layer for losses of the spherical family, kept as W = V U + 1 ωᵀ, so that loss, gradient and an exact
 * step of gradient descent cost O(D²) for an example however many classes there are. Use it, without bias, for hundreds
 * of thousands of classes, with a loss from sphericalForms.
 *
 *     o = W h,   q = Σ o² = hᵀ (WᵀW) h,   s = Σ o = (Wᵀ1)ᵀ h
 *     W ← W − lr Σᵢ (2 ∂q oᵢ + ∂s 1 + Σₖ ∂oₖ eₖ) hᵢᵀ,   summed over the batch
 *     M = I − 2 lr Σᵢ ∂q hᵢ hᵢᵀ,   U ← U M,   ω ← M ω − lr Σᵢ ∂s hᵢ,   Vₖ ← Vₖ − lr Σᵢ ∂oₖ U⁻ᵀ hᵢ,
 *     and U⁻¹, WᵀW and Wᵀ1 by corrections of rank B
 *
 * The step is that of the dense layer but for round-off, which grows slowly: make factors anew from the weight once in
 * thousands of steps. Where 2 lr ∂q ‖h‖² = 1 for an example, W would lose its rank; U⁻¹ overflows there, so take a
 * smaller lr. What happens with the rows of the table is the caller's: scatterAdd(table, indices, change) copies it
 * all, a rowTable changes just these.
 *
 * Shapes: hidden [B, D], rows [B, M, D] → selected [B, M], q [B], s [B].
 * Gradient: of hidden, ∂s Wᵀ1 + 2 ∂q WᵀW h + Σₖ ∂oₖ Wₖ; none of factors and rows, which update moves.
 * Source: Vincent, de Brébisson, Bouthillier, Efficient Exact Gradient Update for training Deep Networks with Very
 * Large Sparse Targets, arXiv 1412.7091 (2015), in the form for batches of the authors' code.
 *
 * @example const layer = factoredSphericalLayer({ in: 2, out: 3 })
 * const { table, factors } = layer.from(tensor([[1, 0], [0, 1], [1, 1]]))
 * layer.apply(factors, take(table, tensor([[2]], { dtype: 'i32' })), tensor([[3, 1]])).q // 26
 */
export function factoredSphericalLayer({
  in: features,
  out: classes,
  dtype = 'f32',
}: FactoredSphericalOptions): FactoredSphericalLayer {
  const fn = 'factoredSphericalLayer'
  checkCount(fn, 'in', features, 1)
  checkCount(fn, 'out', classes, 1)
  const from: FactoredSphericalLayer['from'] = (weight) => {
    dims(fn, { weight }, `${classes} ${features}`)
    checkFloats(fn, { weight })
    const identity = eye(features, { dtype: weight.dtype })
    const factors = {
      u: identity,
      uInverse: identity,
      omega: zeros([features], { dtype: weight.dtype }),
      gram: matmul(weight.transpose(), weight),
      total: sum(weight, { axis: 0 }),
    }
    return { table: weight, factors }
  }
  return {
    from,
    init: (key) => from(normal(key, [classes, features], { dtype }).div(Math.sqrt(features))),
    weight: (table, { u, omega }) => matmul(table, u).add(omega),
    apply(factors, rows, hidden) {
      dims(fn, { hidden, rows, ...factors }, `B D, B M D, D D, D D, D, D D, D`)
      checkFloats(fn, { hidden, rows })
      const { u, omega, gram, total } = factors
      const seen = matmul(hidden, stopGradient(u.transpose())).expandDims(1)
      const shift = sum(hidden.mul(stopGradient(omega)), { axis: -1, keepDims: true })
      return {
        selected: sum(stopGradient(rows).mul(seen), { axis: -1 }).add(shift),
        q: sum(matmul(hidden, stopGradient(gram)).mul(hidden), { axis: -1 }),
        s: sum(hidden.mul(stopGradient(total)), { axis: -1 }),
      }
    },
    update: (factors, step) => factoredUpdate(fn, classes, factors, step),
  }
}
