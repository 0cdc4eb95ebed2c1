import { isFloat, ShapeError, sizeOf, type Tensor, tensor, vjp } from '@wengert/core'
import { checkGradients, laws } from '@wengert/gradcheck'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { values } from './values.ts'

export interface LossSpec<A extends readonly Tensor[]> {
  /** The name that error messages begin with. */
  readonly name: string
  /** Arguments: model output first, in f64; all share their leading axis, the batch. */
  readonly args: fc.Arbitrary<A>
  /** Arguments for the gradient check, away from kinks. @default args */
  readonly smooth?: fc.Arbitrary<A>
  /** How often the loss can be differentiated there. @default 2 */
  readonly order?: number
  /** Size of model outputs up to which value and gradient must be finite, in f32 and f64. @default 1e4 */
  readonly saturation?: number
  /** Share of the usual number of examples that each law is tried on, for costly losses. @default 1 */
  readonly share?: number
  /** What else holds for all arguments. */
  readonly laws?: Readonly<Record<string, (...args: A) => void>>
}

/** The laws of every loss that returns one value per example, and its own. */
export function describeLoss<A extends readonly Tensor[]>(loss: (...args: A) => Tensor, spec: LossSpec<A>): void {
  const { name, args, smooth = args, order = 2, saturation = 1e4, share = 1, laws: own = {} } = spec
  const holds = (title: string, law: (...args: A) => void, from = args, { numRuns } = runs(share)): void => {
    test(title, () =>
      fc.assert(
        fc.property(from, (xs) => law(...xs)),
        { numRuns },
      ),
    )
  }

  describe(name, () => {
    holds(
      `has derivatives that agree with differences, up to order ${order}`,
      (...xs) => {
        checkGradients(loss as (...args: readonly Tensor[]) => Tensor, xs, { order })
      },
      smooth,
      runs(0.25 * share),
    )

    for (const dtype of ['f32', 'f64'] as const)
      holds(
        `is finite, and so is its gradient, at ±${saturation} in ${dtype}`,
        (...xs) => {
          const saturated = xs.map((x, i) => {
            const y = i === 0 ? saturate(x, saturation) : x
            return isFloat(x.dtype) ? y.cast(dtype) : y
          })
          const [y, pullback] = vjp(
            (z: Tensor) => loss(...([z, ...saturated.slice(1)] as unknown as A)),
            saturated[0] as Tensor,
          )
          const [gradient] = pullback(tensor(new Float64Array(sizeOf(y.shape)).fill(1), { shape: y.shape, dtype }))
          for (const x of [y, gradient]) {
            expect(x.dtype).toBe(dtype)
            expect(values(x).filter((v) => !Number.isFinite(v))).toEqual([])
          }
        },
        args,
        runs(0.5 * share),
      )

    holds('gives a batch the values of its examples', laws.exampleWise(loss), args, runs(0.5 * share))

    holds('refuses a batch of unequal sizes, naming itself', (...xs) => {
      for (const at of xs.keys()) {
        const unequal = xs.map((x, i) => (i === at ? lengthened(x) : x)) as unknown as A
        expect(() => loss(...unequal)).toThrow(ShapeError)
        expect(() => loss(...unequal)).toThrow(new RegExp(`^${name}: `))
      }
    })

    for (const [title, law] of Object.entries(own)) holds(title, law)
  })
}

/** How often to try a property: a share of the usual number, for the costly ones. */
export function runs(share: number): { numRuns: number } {
  return { numRuns: Math.ceil((fc.readConfigureGlobal().numRuns ?? 100) * share) }
}

/** Sends each element to plus or minus `size` by its sign. */
function saturate(x: Tensor, size: number): Tensor {
  return like(x, (v) => (v > 0 ? size : -size))
}

function like(x: Tensor, f: (v: number) => number): Tensor {
  return tensor(Float64Array.from(values(x), f), { shape: x.shape, dtype: x.dtype })
}

/** One more example: the first once again. */
function lengthened(x: Tensor): Tensor {
  const [B = 0, ...rest] = x.shape
  const data = values(x)
  return tensor([...data, ...data.slice(0, sizeOf(rest))], { shape: [B + 1, ...rest], dtype: x.dtype })
}
