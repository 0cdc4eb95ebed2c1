import { type Key, matmul, type Shape, ShapeError, showShape, sizeOf, stack, type Tensor } from '@wengert/core'
import type { Layer } from '../layer.ts'

/** One step of a recurrent model. */
export interface Cell<P, S> {
  /** Parameters to start from. */
  init(key: Key): P
  /** The state after an input. @default zeros for the state before it */
  apply(params: P, x: Tensor, state?: S): S
}

/** A cell applied to each element of a sequence. As a layer it starts with the state 0 and returns all outputs. */
export interface RecurrentLayer<P, S> extends Layer<P> {
  /** All outputs, and the state after the last, with which the rest of a sequence may go on. */
  run(params: P, x: Tensor, state?: S): readonly [output: Tensor, state: S]
}

/** What shapes are checked for: specifications as of dims, and what is behind the names of parameters. */
export interface Wanted {
  readonly x: string
  readonly state: string
  readonly suffix: string
}

/** What cells consist of. Batch axes are one here: x [N, in], states [N, out]. */
export interface Recurrence<P, S> {
  readonly in: number
  readonly out: number
  /** Names of the parameters. */
  readonly names: readonly (keyof P & string)[]
  init(key: Key): P
  check(params: P, x: Tensor, state: S | undefined, wanted: Wanted): void
  /** What a step takes from its input: x [M, in] → [M, gates]. All steps' may be computed at once. */
  project(params: P, x: Tensor): Tensor
  step(params: P, projected: Tensor, state: S): S
  zeros(rows: number, like: Tensor): S
  /** The state with other batch axes. */
  reshape(state: S, batch: Shape): S
  output(state: S): Tensor
}

/** One step, with any batch axes. */
export function cellOf<P, S>(recurrence: Recurrence<P, S>): Cell<P, S> {
  return {
    init: recurrence.init,
    apply(params, x, state) {
      recurrence.check(params, x, state, {
        x: `...B ${recurrence.in}`,
        state: `...B ${recurrence.out}`,
        suffix: '',
      })
      const batch = x.shape.slice(0, -1)
      const rows = sizeOf(batch)
      const projected = recurrence.project(params, x.reshape([rows, recurrence.in]))
      const before = state === undefined ? recurrence.zeros(rows, x) : recurrence.reshape(state, [rows])
      return recurrence.reshape(recurrence.step(params, projected, before), batch)
    },
  }
}

/** All steps, with any batch axes. */
export function layerOf<P, S>(fn: string, recurrence: Recurrence<P, S>): RecurrentLayer<P, S> {
  const run = (params: P, x: Tensor, initial?: S): readonly [Tensor, S] => runOf(fn, recurrence, params, x, initial)
  return { init: recurrence.init, run, apply: (params, x) => run(params, x)[0] }
}

export function runOf<P, S>(
  fn: string,
  recurrence: Recurrence<P, S>,
  params: P,
  x: Tensor,
  initial: S | undefined,
  suffix = '',
): readonly [output: Tensor, state: S] {
  recurrence.check(params, x, initial, { x: `...B T ${recurrence.in}`, state: `...B ${recurrence.out}`, suffix })
  const batch = x.shape.slice(0, -2)
  const rows = sizeOf(batch)
  const length = x.shape.at(-2) as number
  if (length === 0)
    throw new ShapeError(`${fn}: x must have at least 1 element along axis -2, time, got ${showShape(x.shape)}.`)
  const inOrder = x.reshape([rows, length, recurrence.in]).transpose([1, 0, 2]).reshape([-1, recurrence.in])
  const projected = recurrence.project(params, inOrder)
  let state = initial === undefined ? recurrence.zeros(rows, x) : recurrence.reshape(initial, [rows])
  const outputs = parts(projected, length).map((part) => {
    state = recurrence.step(params, part, state)
    return recurrence.output(state)
  })
  const output = stack(outputs, { axis: 1 }).reshape([...batch, length, recurrence.out])
  return [output, recurrence.reshape(state, batch)]
}

/** Parameters by the names that an error tells. */
export function named<P extends object>(params: P, names: readonly string[], suffix: string): Record<string, Tensor> {
  return Object.fromEntries(names.map((name) => [name + suffix, (params as Record<string, Tensor>)[name] as Tensor]))
}

/** x [N·M, F] as N tensors [M, F]. They are halves of halves: a derivative of n slices of one tensor would be n tensors of its size. */
function parts(x: Tensor, count: number): Tensor[] {
  if (count === 1) return [x]
  const [rows = 0, features = 0] = x.shape
  const half = Math.floor(count / 2)
  const at = (rows / count) * half
  return [...parts(x.slice([0, 0], [at, features]), half), ...parts(x.slice([at, 0]), count - half)]
}

/** x Wᵀ + b. */
export function affine(x: Tensor, weight: Tensor, bias: Tensor): Tensor {
  return matmul(x, weight.transpose()).add(bias)
}

/** Neighbouring columns of x [N, count · F], each [N, F]. */
export function columns(x: Tensor, count: number): readonly Tensor[] {
  const [rows = 0, all = 0] = x.shape
  const size = all / count
  return Array.from({ length: count }, (_, i) => x.slice([0, i * size], [rows, (i + 1) * size]))
}
