import { cpu } from '@wengert/backend-cpu'
import * as w from '@wengert/core'
import type { Case } from './conformance.ts'
import { type Convention, conventions } from './conventions.ts'

export interface EdgeOptions {
  /** Largest accepted difference in f32, relative to the larger of 1 and the figure; 1e-12 in f64 at most. @default 1e-5 */
  readonly tolerance?: number
  /** Whether there are cases that meet infinities or NaN, which WGSL does not promise. @default true */
  readonly nonFinite?: boolean
}

const floats = ['f32', 'f64'] as const

/**
 * The edge policy: values and derivatives at kinks, ties, zeros and saturation, a case for each convention and dtype. Every
 * backend must come out the same. Cases of dtypes that the backend lacks pass.
 *
 * @example for (const { name, run } of edges()) if (name === "relu'(0) = 0 in f32") await run(cpu())
 */
export function edges({ tolerance = 1e-5, nonFinite = true }: EdgeOptions = {}): readonly Case[] {
  return Object.entries(conventions).flatMap(([title, convention]) =>
    (convention.dtypes ?? floats)
      .filter((dtype) => nonFinite || isFinite(convention, dtype))
      .map((dtype): Case => {
        const name = `${title} in ${dtype}`
        const accepted = dtype === 'f32' ? tolerance : Math.min(tolerance, 1e-12)
        return { name, run: (backend) => checkConvention(name, convention, dtype, backend, accepted) }
      }),
  )
}

const figures = ['value', 'gradient', 'second', 'pushed'] as const

type Figure = (typeof figures)[number]

/** The tensors that a convention speaks about. */
function tensorsOf({ f, at, ...wanted }: Convention, dtype: w.DType): Partial<Record<Figure, w.Tensor>> {
  const x = w.tensor([...at], { dtype, shape: [at.length] })
  const gradient = w.grad((v: w.Tensor) => w.sum(f(v)))
  const make: Record<Figure, () => w.Tensor> = {
    value: () => f(x),
    gradient: () => gradient(x),
    second: () => w.grad((v: w.Tensor) => w.sum(gradient(v)))(x),
    pushed: () => w.jvp(f, [x], [w.ones(x.shape, { dtype })])[1],
  }
  return Object.fromEntries(figures.filter((figure) => wanted[figure]).map((figure) => [figure, make[figure]()]))
}

async function checkConvention(
  name: string,
  convention: Convention,
  dtype: w.DType,
  backend: w.Backend,
  accepted: number,
): Promise<void> {
  if (!backend.dtypes.has(dtype)) return
  const results = await w.data(tensorsOf(convention, dtype), { backend })
  for (const figure of figures) {
    const [actual, wanted] = [results[figure], convention[figure]]
    if (!actual || !wanted) continue
    const off = Array.from(wanted, (b) => (dtype === 'f32' ? Math.fround(b) : b)).findIndex((b, i) => {
      const a = actual[i] as number
      // The sign of a zero is no part of a convention.
      return !(a === b || Object.is(a, b) || Math.abs(a - b) <= accepted * Math.max(1, Math.abs(b)))
    })
    if (off >= 0 || actual.length !== wanted.length)
      throw new Error(
        `${name}: ${figure} must be [${wanted.join(', ')}]${accepted > 0 ? ` within ${accepted}` : ''}, ` +
          `got [${actual.join(', ')}] on ${backend.name}.`,
      )
  }
}

/** True where every number on the way is finite. */
function isFinite(convention: Convention, dtype: w.DType): boolean {
  const backend = cpu()
  return w
    .tape(tensorsOf(convention, dtype))
    .lines.every((line) => line.dataSync({ backend }).every((v: number) => Number.isFinite(v)))
}
