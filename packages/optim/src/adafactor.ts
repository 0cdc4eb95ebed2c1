import {
  mapTree,
  maximum,
  mean,
  minimum,
  rsqrt,
  type Shape,
  sizeOf,
  type Tensor,
  type Tree,
  zeros,
  zipTrees,
} from '@wengert/core'
import { checkMatching, checkPositive } from './check.ts'
import { checkRate, type Schedule } from './schedule.ts'
import { noSteps, stride } from './step.ts'
import type { Transform } from './transform.ts'

export interface AdafactorOptions {
  /** Learning rate; relative to the size of each tensor of parameters, if `scaleByParameter`. @default min(1e-2, 1 / √t) at update t */
  readonly lr?: number | Schedule
  /** How fast the past stops to weigh: update t has the share t^−decay in the mean squares. @default 0.8 */
  readonly decay?: number
  /** Largest root mean square of a leaf's direction, positive. @default 1 */
  readonly clip?: number
  /** Added to squared gradients, positive. @default 1e-30 */
  readonly eps?: number
  /** Multiply the rate by the root mean square of each tensor of parameters. @default true */
  readonly scaleByParameter?: boolean
  /** Least root mean square of parameters that the rate is multiplied by, positive. @default 1e-3 */
  readonly leastScale?: number
}

/** The type leaves the structure of the parameters open, so that it is the same for every model. */
export interface AdafactorState {
  /** Updates made, i32 []. */
  readonly step: Tensor
  /** Mean squared gradients by row, [..., n] for parameters [..., n, m]; of all elements for vectors and scalars. */
  readonly rows: Tree
  /** Mean squared gradients by column, [..., m] for parameters [..., n, m]; [0] for vectors and scalars. */
  readonly columns: Tree
}

const relativeStep: Schedule = (step) => minimum(rsqrt(step.add(1)), 1e-2)

/**
 * Adafactor: Adam's division by the size of gradients for the memory of a row and a column of each matrix. For models whose optimizer
 * state does not fit beside them. No mean of gradients is kept.
 *
 *     R = (1 − t^−decay) R + t^−decay mean over columns of (g² + eps)
 *     C = (1 − t^−decay) C + t^−decay mean over rows of (g² + eps)
 *     U = g / √(R C / mean(R)),  Û = U / max(1, RMS(U) / clip)
 *     update = −lr · max(leastScale, RMS(p)) · Û       RMS(x) = √mean(x²)
 *
 * Axes before the last two are batches of matrices; vectors and scalars keep the mean squares of all elements. As in the paper, with means
 * for its sums, which is the same; PyTorch takes the larger of eps and the mean squares in place of the sum, and the smaller of lr and 1/√t
 * for any lr.
 *
 * Source: Shazeer and Stern, Adafactor: Adaptive learning rates with sublinear memory cost (2018), algorithms 4 and 5.
 *
 * @example const optimizer = adafactor({ lr: 1e-3, scaleByParameter: false })
 */
export function adafactor({
  lr = relativeStep,
  decay = 0.8,
  clip = 1,
  eps = 1e-30,
  scaleByParameter = true,
  leastScale = 1e-3,
}: AdafactorOptions = {}): Transform<AdafactorState> {
  const fn = 'adafactor'
  checkRate(fn, 'lr', lr)
  for (const [name, value] of Object.entries({ decay, clip, eps, leastScale })) checkPositive(fn, name, value)

  /** The share of the present squares in their mean, and squares with what keeps them off 0. */
  const shareAt = (step: Tensor, g: Tensor): Tensor => step.add(1).cast(g.dtype).pow(-decay)
  const moved = (past: Tensor, present: Tensor, share: Tensor): Tensor => past.add(present.sub(past).mul(share))

  return {
    init: (params) => ({
      step: noSteps(),
      rows: mapTree(({ shape, dtype }) => zeros(rowsOf(shape), { dtype }), params, fn) as Tree,
      columns: mapTree(({ shape, dtype }) => zeros(columnsOf(shape), { dtype }), params, fn) as Tree,
    }),
    update<P>(grads: P, { step, rows, columns }: AdafactorState, params: P): [P, AdafactorState] {
      checkMatching(fn, 'grads', grads, params)
      const next = {
        step: step.add(1),
        rows: zipTrees(
          (g, R) => {
            const squares = g.square().add(eps)
            return moved(R, isFactored(g.shape) ? mean(squares, { axis: -1 }) : squares, shareAt(step, g))
          },
          grads as Tree,
          rows,
          fn,
        ),
        columns: zipTrees(
          (g, C) => (isFactored(g.shape) ? moved(C, mean(g.square().add(eps), { axis: -2 }), shareAt(step, g)) : C),
          grads as Tree,
          columns,
          fn,
        ),
      }
      const byRows = zipTrees(
        (g, R) =>
          g.mul(isFactored(g.shape) ? rsqrt(R.div(mean(R, { axis: -1, keepDims: true }))).expandDims(-1) : rsqrt(R)),
        grads,
        next.rows as P,
      )
      const whole = zipTrees(
        (u, C) => (isFactored(u.shape) ? u.mul(rsqrt(C).expandDims(-2)) : u),
        byRows,
        next.columns as P,
      )
      const directions = zipTrees(
        (u, p) => {
          if (sizeOf(u.shape) === 0) return u
          const clipped = u.div(maximum(rootMeanSquare(u).div(clip), 1))
          return scaleByParameter ? clipped.mul(maximum(rootMeanSquare(p), leastScale)) : clipped
        },
        whole,
        params,
      )
      return [stride(fn, directions, params, { lr, step }), next]
    },
  }
}

function isFactored(shape: Shape): boolean {
  return shape.length >= 2 && sizeOf(shape) > 0
}

function rowsOf(shape: Shape): Shape {
  return isFactored(shape) ? shape.slice(0, -1) : shape
}

function columnsOf(shape: Shape): Shape {
  return isFactored(shape) ? [...shape.slice(0, -2), shape.at(-1) as number] : [0]
}

function rootMeanSquare(x: Tensor): Tensor {
  return mean(x.square()).sqrt()
}
