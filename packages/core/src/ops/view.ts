import { ShapeError } from '../errors.ts'
import { broadcastLayout, reshapeLayout, sliceLayout, transposeLayout } from '../layout.ts'
import { defineOp, type Op, type Vjp } from '../op.ts'
import {
  axisIndex,
  axisList,
  broadcastShapes,
  checkList,
  checkShape,
  type Shape,
  sameShape,
  showShape,
  sizeOf,
} from '../shape.ts'
import { line, type Tensor } from '../tensor.ts'
import { checkDType } from './define.ts'
import { pad } from './pad.ts'

// Changes of shape are layouts: they move no data until a kernel needs it.

/** The input itself: fresh lines to differentiate by, and rules of the user's own. */
export const aliasOp: Op = defineOp('alias', { kind: 'view', layout: (input) => input }, (g) => [g])

/** A line of the same value as its first input, with another derivative. */
export function defineAlias(name: string, vjp: Vjp | null): Op {
  return { ...aliasOp, name, vjp }
}

const stopOp = /* @__PURE__ */ defineAlias('stopGradient', null)

/** x, through which no gradient flows: derivatives treat the result as a constant. */
export function stopGradient(x: Tensor): Tensor {
  checkDType('stopGradient', 'x', x, 'any')
  return line(stopOp, [x], x.shape, x.dtype)
}

const reshapeOp = defineOp(
  'reshape',
  { kind: 'view', layout: (input, y) => reshapeLayout(input, y.shape) },
  (g, _, [x]) => [reshape(g, (x as Tensor).shape)],
)

export function reshape(x: Tensor, wanted: Shape): Tensor {
  const shape = inferShape(x, wanted)
  return sameShape(shape, x.shape) ? x : line(reshapeOp, [x], shape, x.dtype)
}

function inferShape(x: Tensor, wanted: Shape): Shape {
  checkList('reshape', 'shape', wanted)
  const open = wanted.indexOf(-1)
  let shape: Shape = [...wanted]
  if (open >= 0) {
    const known = wanted.reduce((size, n, i) => (i === open ? size : size * n), 1)
    const rest = known === 0 ? 0 : sizeOf(x.shape) / known
    shape = wanted.map((n, i) => (i === open ? rest : n))
  }
  if (!shape.every((n) => Number.isInteger(n) && n >= 0) || sizeOf(shape) !== sizeOf(x.shape))
    throw new ShapeError(
      `reshape: shape must hold the ${sizeOf(x.shape)} elements of ${showShape(x.shape)}, got ${showShape(wanted)}. ` +
        'One size may be -1 and is worked out.',
    )
  return shape
}

const transposeOp = defineOp(
  'transpose',
  { kind: 'view', layout: (input, y) => transposeLayout(input, y.attrs) },
  (g, y) => {
    const inverse = new Array<number>(y.attrs.length)
    y.attrs.forEach((axis, i) => {
      inverse[axis] = i
    })
    return [transpose(g, inverse)]
  },
)

export function transpose(x: Tensor, permutation?: readonly number[]): Tensor {
  const rank = x.shape.length
  if (permutation === undefined) {
    if (rank < 2)
      throw new ShapeError(`transpose: x must have at least two axes to exchange, got shape ${showShape(x.shape)}.`)
    const axes = axisList('transpose', undefined, rank)
    return line(transposeOp, [x], swapLast(x.shape), x.dtype, swapLast(axes))
  }
  checkList('transpose', 'permutation', permutation)
  const axes = permutation.map((axis) => axisIndex('transpose', axis, rank))
  if (axes.length !== rank || new Set(axes).size !== rank)
    throw new ShapeError(
      `transpose: permutation must name each of the ${rank} axes of ${showShape(x.shape)} once, got ${showShape(permutation)}.`,
    )
  return line(
    transposeOp,
    [x],
    axes.map((axis) => x.shape[axis] as number),
    x.dtype,
    axes,
  )
}

function swapLast(list: readonly number[]): readonly number[] {
  return [...list.slice(0, -2), list[list.length - 1] as number, list[list.length - 2] as number]
}

// The walk sums a cotangent over broadcast axes, so the derivative is the cotangent itself.
const broadcastOp = defineOp(
  'broadcastTo',
  { kind: 'view', layout: (input, y) => broadcastLayout(input, y.shape) },
  (g) => [g],
)

export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  checkShape('broadcastTo', shape)
  if (sameShape(x.shape, shape)) return x
  const joint = broadcastShapes(x.shape, shape)
  if (!joint || !sameShape(joint, shape))
    throw new ShapeError(
      `broadcastTo: shape must extend ${showShape(x.shape)} by leading axes or repeat axes of size 1, got ${showShape(shape)}.`,
    )
  return line(broadcastOp, [x], [...shape], x.dtype)
}

const sliceOp = defineOp(
  'slice',
  {
    kind: 'view',
    layout: (input, y) => {
      const rank = y.shape.length
      return sliceLayout(input, y.shape, y.attrs.slice(0, rank), y.attrs.slice(rank))
    },
  },
  (g, y, [x]) => {
    const rank = y.shape.length
    return [pad(g, (x as Tensor).shape, y.attrs.slice(0, rank), y.attrs.slice(rank))]
  },
)

export function slice(
  x: Tensor,
  start: readonly number[],
  end: readonly number[] = x.shape,
  step?: readonly number[],
): Tensor {
  const rank = x.shape.length
  const steps = step ?? x.shape.map(() => 1)
  checkList('slice', 'start', start)
  checkList('slice', 'end', end)
  checkList('slice', 'step', steps)
  if (start.length !== rank || end.length !== rank || steps.length !== rank)
    throw new ShapeError(
      `slice: start, end and step must have one entry for each axis of ${showShape(x.shape)}, ` +
        `got ${showShape(start)}, ${showShape(end)} and ${showShape(steps)}.`,
    )
  const from: number[] = []
  const shape = x.shape.map((n, i) => {
    const by = steps[i] as number
    if (!Number.isInteger(by) || by < 1)
      throw new ShapeError(`slice: step must consist of positive integers, got ${showShape(steps)}.`)
    const first = position(n, start[i] as number)
    const last = position(n, end[i] as number)
    from.push(first)
    return Math.max(0, Math.ceil((last - first) / by))
  })
  return line(sliceOp, [x], shape, x.dtype, [...from, ...steps])
}

// As in JavaScript's own slice: negative counts from the back, and positions outside clamp.
function position(n: number, at: number): number {
  if (!Number.isInteger(at)) throw new ShapeError(`slice: start and end must consist of integers, got ${at}.`)
  return Math.min(Math.max(at < 0 ? at + n : at, 0), n)
}

export function expandDims(x: Tensor, axis: number): Tensor {
  const at = axisIndex('expandDims', axis, x.shape.length + 1)
  return line(reshapeOp, [x], [...x.shape.slice(0, at), 1, ...x.shape.slice(at)], x.dtype)
}

export function squeeze(x: Tensor, axis?: number | readonly number[]): Tensor {
  const axes =
    axis === undefined ? x.shape.flatMap((n, i) => (n === 1 ? [i] : [])) : axisList('squeeze', axis, x.shape.length)
  for (const i of axes)
    if (x.shape[i] !== 1)
      throw new ShapeError(`squeeze: axis must name axes of size 1, got axis ${i} of ${showShape(x.shape)}.`)
  return reshape(
    x,
    x.shape.filter((_, i) => !axes.includes(i)),
  )
}
