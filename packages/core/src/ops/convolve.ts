import { checkCount, checkOptions } from '../check.ts'
import { ShapeError, ValueError } from '../errors.ts'
import { defineOp } from '../op.ts'
import { showShape, sizeOf } from '../shape.ts'
import { line, type Tensor } from '../tensor.ts'
import { pad } from './arrange.ts'
import { checkDType, operands } from './define.ts'
import { matmul } from './matmul.ts'
import { pad as padZeros } from './pad.ts'
import { max, mean } from './reduce.ts'

/** How a window of `size` elements, `dilation` apart, moves along an axis. */
interface Window {
  readonly size: number
  readonly stride: number
  readonly dilation: number
}

// A view: the windows overlap in the buffer. Element (k, o) of the two new axes is element o·stride + k·dilation.
const windowsOp = /* @__PURE__ */ defineOp(
  'windows',
  {
    kind: 'view',
    layout: ({ strides, offset }, { shape, attrs: [axis = 0, stride = 1, dilation = 1] }) => {
      const unit = strides[axis] as number
      return { shape, strides: strides.toSpliced(axis, 1, unit * dilation, unit * stride), offset }
    },
  },
  (g, { shape, attrs: [axis = 0, stride = 1, dilation = 1] }, [x]) => {
    // Each position k within the window is a slice of x with a step, whose transpose is pad.
    const whole = (x as Tensor).shape
    const gradients = Array.from({ length: shape[axis] as number }, (_, k) => {
      const at = g.slice(
        shape.map((_, i) => (i === axis ? k : 0)),
        shape.with(axis, k + 1),
      )
      const low = whole.map((_, i) => (i === axis ? k * dilation : 0))
      const step = whole.map((_, i) => (i === axis ? stride : 1))
      return padZeros(at.squeeze(axis), whole, low, step)
    })
    return [gradients.reduce((total, part) => total.add(part))]
  },
)

/** Windows along an axis: x [...A, N, ...B] → [...A, size, count, ...B]. */
function windows(x: Tensor, axis: number, { size, stride, dilation }: Window): Tensor {
  const count = Math.floor(((x.shape[axis] as number) - dilation * (size - 1) - 1) / stride) + 1
  return line(windowsOp, [x], x.shape.toSpliced(axis, 1, size, count), x.dtype, [axis, stride, dilation])
}

/** Windows along each of the last axes: x [...A, N₁, N₂, …] → [...A, size₁, size₂, …, count₁, count₂, …]. */
function windowsOfSpace(x: Tensor, space: readonly Window[]): Tensor {
  const lead = x.shape.length - space.length
  const all = space.reduce((y, window, i) => windows(y, lead + 2 * i, window), x)
  const batch = Array.from({ length: lead }, (_, i) => i)
  return all.transpose([...batch, ...space.map((_, i) => lead + 2 * i), ...space.map((_, i) => lead + 2 * i + 1)])
}

export interface Conv1dOptions {
  /** Distance of neighbouring windows. @default 1 */
  readonly stride?: number
  /**
   * Zeros at each end: a number, 'valid' for none, or 'same' for as many as keep the size at stride 1 (an odd one
   * at the end). @default 0
   */
  readonly padding?: number | 'same' | 'valid'
  /** Distance of the elements within a window. @default 1 */
  readonly dilation?: number
  /** Into how many groups channels are divided; each sees its own only. @default 1 */
  readonly groups?: number
}

/** One number for both axes of an image, or one each for height and width. */
export type Pair = number | readonly [height: number, width: number]

export interface Conv2dOptions {
  /** Distance of neighbouring windows. @default 1 */
  readonly stride?: Pair
  /**
   * Zeros at each end of each axis: numbers, 'valid' for none, or 'same' for as many as keep the size at stride 1 (an odd
   * one at the end). @default 0
   */
  readonly padding?: Pair | 'same' | 'valid'
  /** Distance of the elements within a window. @default 1 */
  readonly dilation?: Pair
  /** Into how many groups channels are divided; each sees its own only. @default 1 */
  readonly groups?: number
}

/**
 * Convolution of sequences, in the sense of networks (the kernel is not flipped): y[b, o, t] = Σ weight[o, c, k] x[b, c, t·stride + k·dilation].
 *
 * Shapes: x [B, C, T], weight [O, C / groups, K] → [B, O, T'], where T' = ⌊(T + padding − dilation·(K − 1) − 1) / stride⌋ + 1
 * with the padding of both ends.
 *
 * @example conv1d(tensor([[[1, 2, 3, 4]]]), tensor([[[1, -1]]])) // [-1, -1, -1]
 */
export function conv1d(x: Tensor, weight: Tensor, options: Conv1dOptions = {}): Tensor {
  return convolve('conv1d', x, weight, 1, options)
}

/**
 * Convolution of images, in the sense of networks (the kernel is not flipped):
 *
 *     y[b, o, h, w] = Σ weight[o, c, i, j] x[b, c, h·stride + i·dilation, w·stride + j·dilation]
 *
 * Shapes: x [B, C, H, W], weight [O, C / groups, I, J] → [B, O, H', W'], where H' = ⌊(H + padding − dilation·(I − 1) − 1) / stride⌋ + 1
 * with the padding of both ends, and W' likewise.
 *
 * @example conv2d(ones([1, 1, 3, 3]), ones([1, 1, 2, 2])) // [4, 4, 4, 4]
 */
export function conv2d(x: Tensor, weight: Tensor, options: Conv2dOptions = {}): Tensor {
  return convolve('conv2d', x, weight, 2, options)
}

/** Views all windows as columns of a matrix, of which one product per group makes the channels of the result. */
function convolve(fn: string, image: Tensor, kernel: Tensor, rank: number, options: Conv2dOptions): Tensor {
  const [x, weight] = operands(fn, image, kernel)
  checkDType(fn, 'x', x, 'float')
  const { groups = 1 } = checkOptions(fn, options, 'stride: 1')
  checkCount(fn, 'groups', groups, 1)
  const letters = rank === 1 ? ['T', 'K'] : ['H, W', 'I, J']
  const [B = 0, C = 0] = x.shape
  const [O = 0, perGroup = 0, ...kernelSizes] = weight.shape
  if (x.shape.length !== rank + 2 || weight.shape.length !== rank + 2 || C !== groups * perGroup || O % groups !== 0)
    throw new ShapeError(
      `${fn}: x and weight must have shapes [B, C, ${letters[0]}] and [O, C / groups, ${letters[1]}] with C and O divisible by groups, ` +
        `got ${showShape(x.shape)} and ${showShape(weight.shape)} with groups ${groups}.`,
    )
  const stride = each(fn, 'stride', options.stride ?? 1, rank, 1)
  const dilation = each(fn, 'dilation', options.dilation ?? 1, rank, 1)
  const space = kernelSizes.map((size, i) => ({ size, stride: stride[i] as number, dilation: dilation[i] as number }))
  const padded = pad(x, [[0, 0], [0, 0], ...paddingOf(fn, options.padding ?? 0, space)])
  checkFits(fn, 'weight', padded, x, space)
  const columns = windowsOfSpace(padded, space)
  const places = columns.shape.slice(2 + rank)
  const rows = sizeOf([perGroup, ...kernelSizes])
  const y = matmul(weight.reshape([groups, O / groups, rows]), columns.reshape([B, groups, rows, sizeOf(places)]))
  return y.reshape([B, O, ...places])
}

export interface Pool1dOptions {
  /** Distance of neighbouring windows. @default the size of the window */
  readonly stride?: number
  /** Elements added at each end, at most half a window. @default 0 */
  readonly padding?: number
}

export interface PoolOptions {
  /** Distance of neighbouring windows. @default the size of the window */
  readonly stride?: Pair
  /** Elements added at each end of each axis, at most half a window. @default 0 */
  readonly padding?: Pair
}

/**
 * Greatest element of each window of a sequence; padding counts as −∞. Ties share the gradient evenly.
 *
 * Shapes: x [...S, T] → [...S, T'], where T' = ⌊(T + 2 padding − kernel) / stride⌋ + 1.
 *
 * @example maxPool1d(tensor([1, 2, 4, 3]), 2) // [2, 4]
 */
export function maxPool1d(x: Tensor, kernel: number, options: Pool1dOptions = {}): Tensor {
  return max(poolWindows('maxPool1d', x, 1, kernel, options, Number.NEGATIVE_INFINITY), { axis: -2 })
}

/**
 * Mean of each window of a sequence; padding counts as zeros.
 *
 * Shapes: x [...S, T] → [...S, T'], where T' = ⌊(T + 2 padding − kernel) / stride⌋ + 1.
 *
 * @example avgPool1d(tensor([1, 2, 4, 3]), 2) // [1.5, 3.5]
 */
export function avgPool1d(x: Tensor, kernel: number, options: Pool1dOptions = {}): Tensor {
  return mean(poolWindows('avgPool1d', x, 1, kernel, options, 0), { axis: -2 })
}

/**
 * Greatest element of each window of an image; padding counts as −∞. Ties share the gradient evenly.
 *
 * Shapes: x [...S, H, W] → [...S, H', W'], where H' = ⌊(H + 2 padding − kernel) / stride⌋ + 1, and W' likewise.
 *
 * @example maxPool2d(tensor([[1, 2], [3, 4]]), 2) // [4]
 */
export function maxPool2d(x: Tensor, kernel: Pair, options: PoolOptions = {}): Tensor {
  return max(poolWindows('maxPool2d', x, 2, kernel, options, Number.NEGATIVE_INFINITY), { axis: [-4, -3] })
}

/**
 * Mean of each window of an image; padding counts as zeros.
 *
 * Shapes: x [...S, H, W] → [...S, H', W'], where H' = ⌊(H + 2 padding − kernel) / stride⌋ + 1, and W' likewise.
 *
 * @example avgPool2d(tensor([[1, 2], [3, 4]]), 2) // [2.5]
 */
export function avgPool2d(x: Tensor, kernel: Pair, options: PoolOptions = {}): Tensor {
  return mean(poolWindows('avgPool2d', x, 2, kernel, options, 0), { axis: [-4, -3] })
}

/** [...S, I, J, H', W'], or [...S, I, T'] of sequences: a view of x, or of x with padding. */
function poolWindows(fn: string, x: Tensor, rank: number, kernel: Pair, options: PoolOptions, value: number): Tensor {
  checkDType(fn, 'x', x, 'float')
  if (x.shape.length < rank)
    throw new ShapeError(
      `${fn}: x must have shape ${rank === 1 ? '[...S, T]' : '[...S, H, W]'}, got ${showShape(x.shape)}.`,
    )
  const sizes = each(fn, 'kernel', kernel, rank, 1)
  const stride = each(fn, 'stride', checkOptions(fn, options, 'stride: 1').stride ?? kernel, rank, 1)
  const padding = each(fn, 'padding', options.padding ?? 0, rank, 0)
  if (padding.some((n, i) => 2 * n > (sizes[i] as number)))
    throw new ValueError(
      `${fn}: padding must be at most half of the kernel ${showShape(sizes)}, got ${showShape(padding)}. ` +
        'A window would hold nothing but padding.',
    )
  const space = sizes.map((size, i) => ({ size, stride: stride[i] as number, dilation: 1 }))
  const none = x.shape.slice(0, -rank).map(() => [0, 0] as const)
  const padded = pad(x, [...none, ...padding.map((n) => [n, n] as const)], { value })
  checkFits(fn, 'kernel', padded, x, space)
  return windowsOfSpace(padded, space)
}

/** One number for each axis. */
function each(
  fn: string,
  name: string,
  value: number | readonly number[],
  rank: number,
  least: number,
): readonly number[] {
  const list = typeof value === 'number' ? new Array<number>(rank).fill(value) : value
  if (!Array.isArray(list) || list.length !== rank || !list.every((n) => Number.isSafeInteger(n) && n >= least))
    throw new ValueError(
      `${fn}: ${name} must be an integer of at least ${least}${rank > 1 ? ` or ${rank} of them` : ''}, got ${JSON.stringify(value)}.`,
    )
  return list
}

function paddingOf(
  fn: string,
  padding: number | readonly number[] | 'same' | 'valid',
  space: readonly Window[],
): readonly (readonly [number, number])[] {
  if (padding === 'valid') return space.map(() => [0, 0])
  if (padding !== 'same') return each(fn, 'padding', padding, space.length, 0).map((n) => [n, n])
  return space.map(({ size, stride, dilation }) => {
    if (stride !== 1)
      throw new ValueError(`${fn}: stride must be 1 where padding is 'same', got ${stride}. Give padding as numbers.`)
    const total = dilation * (size - 1)
    return [Math.floor(total / 2), Math.ceil(total / 2)]
  })
}

/** Checks that at least one window lies within the padded image. */
function checkFits(fn: string, name: string, padded: Tensor, x: Tensor, space: readonly Window[]): void {
  const sizes = padded.shape.slice(-space.length)
  const reach = space.map(({ size, dilation }) => dilation * (size - 1) + 1)
  if (space.some(({ size }) => size === 0) || reach.some((n, i) => n > (sizes[i] as number)))
    throw new ShapeError(
      `${fn}: ${name} must reach over at least one and at most ${showShape(sizes)} elements, the size of x ${showShape(x.shape)} with its padding, ` +
        `got ${showShape(reach)}. Add padding, or use a smaller ${name} or dilation.`,
    )
}
