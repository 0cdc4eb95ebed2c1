import {
  checkCount,
  concat,
  flip,
  fold,
  leaves,
  mapTree,
  ShapeError,
  showShape,
  stack,
  type Tensor,
} from '@wengert/core'
import { type Recurrence, type RecurrentLayer, runOf } from './recurrence.ts'

/** Several recurrent layers as one. Either option, even as 1 or false, gives parameters the names of PyTorch's layers. */
export interface StackOptions {
  /** Number of layers, each of which takes the outputs of the one before. @default 1 */
  readonly layers?: number
  /** Whether each layer also runs from the end to the start; outputs of both directions stand side by side. @default false */
  readonly bidirectional?: boolean
}

/** Parameters of several layers: names as of one, followed by _l0, _l1, … and, for what runs from the end, _reverse. */
export type StackParams<P> = Readonly<Record<`${keyof P & string}_l${number}${'' | '_reverse'}`, Tensor>>

/** Whether a layer is told to be several. */
export function isStack({ layers, bidirectional }: StackOptions): boolean {
  return layers !== undefined || bidirectional !== undefined
}

/** Layers one above the other, each of one direction or of both. */
export function stackOf<P extends object, S>(
  fn: string,
  { in: inputs, out, layers = 1, bidirectional = false }: StackOptions & { readonly in: number; readonly out: number },
  recurrenceOf: (inputs: number) => Recurrence<P, S>,
): RecurrentLayer<StackParams<P>, S> {
  checkCount(fn, 'layers', layers, 1)
  const directions = bidirectional ? ['', '_reverse'] : ['']
  const recurrences = Array.from({ length: layers }, (_, l) => recurrenceOf(l === 0 ? inputs : directions.length * out))

  const run = (params: StackParams<P>, x: Tensor, initial?: S): readonly [Tensor, S] => {
    const count = layers * directions.length
    if (initial !== undefined) checkStates(fn, initial, [count, ...x.shape.slice(0, -2), out])
    const states: S[] = []
    const output = recurrences.reduce((below, recurrence, l) => {
      const sides = directions.map((direction) => {
        const suffix = `_l${l}${direction}`
        const state = initial === undefined ? undefined : one(initial, states.length)
        const own = withoutSuffix<P>(params, recurrence.names, suffix)
        const turned = (y: Tensor): Tensor => (direction === '' ? y : flip(y, { axis: -2 }))
        const [y, last] = runOf(fn, recurrence, own, turned(below), state, suffix)
        states.push(last)
        return turned(y)
      })
      return concat(sides, { axis: -1 })
    }, x)
    return [output, together(states)]
  }

  return {
    init: (key) =>
      Object.fromEntries(
        recurrences.flatMap((recurrence, l) =>
          directions.flatMap((direction, d) =>
            Object.entries(recurrence.init(fold(key, l * directions.length + d))).map(([name, leaf]) => [
              `${name}_l${l}${direction}`,
              leaf,
            ]),
          ),
        ),
      ) as StackParams<P>,
    run,
    apply: (params, x) => run(params, x)[0],
  }
}

function withoutSuffix<P>(params: object, names: readonly string[], suffix: string): P {
  const all = params as Readonly<Record<string, Tensor>>
  return Object.fromEntries(names.map((name) => [name, all[name + suffix]])) as P
}

function checkStates(fn: string, states: unknown, shape: readonly number[]): void {
  mapTree((leaf, path) => {
    if (showShape(leaf.shape) !== showShape(shape))
      throw new ShapeError(
        `${fn}: ${path[0] ?? 'h'} must have shape [layers · directions, ...B, out] = ${showShape(shape)}, ` +
          `got ${showShape(leaf.shape)}. The state that run returns has it.`,
      )
    return leaf
  }, states)
}

/** The i-th of states that are one behind the other. */
function one<S>(states: S, i: number): S {
  return mapTree((leaf) => {
    const rest = leaf.shape.slice(1)
    return leaf.slice([i, ...rest.map(() => 0)], [i + 1, ...rest]).squeeze(0)
  }, states)
}

/** States one behind the other. */
function together<S>(states: readonly S[]): S {
  const parts = states.map((state) => leaves(state))
  let at = 0
  return mapTree(() => {
    const joint = stack(parts.map((list) => list[at] as Tensor))
    at++
    return joint
  }, states[0] as S)
}
