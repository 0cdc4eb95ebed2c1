import { type DType, flip, type Shape, sizeOf, type Tensor, tensor, threefry } from '@wengert/core'

/** The dtypes of floats that every oracle knows. */
export const floats = ['f32', 'f64'] as const

export interface InputOptions {
  readonly dtype?: DType
  /** Tells inputs of one program apart. @default 0 */
  readonly seed?: number
  /** Range of floats. @default [-3, 3] */
  readonly range?: readonly [number, number]
}

/** Numbers without a pattern, the same in every run: floats of a range, integers from −9 to 9, or bools. */
export function numbers(
  size: number,
  { dtype = 'f32', seed = 0, range: [low, high] = [-3, 3] }: InputOptions = {},
): number[] {
  return Array.from({ length: size }, (_, i) => {
    const unit = threefry(seed, 0x5eed, 0, i)[0] / 2 ** 32
    if (dtype === 'bool') return Number(unit < 0.5)
    return dtype === 'i32' ? Math.floor(unit * 19) - 9 : low + unit * (high - low)
  })
}

export function input(shape: Shape, options: InputOptions = {}): Tensor {
  return tensor(Float64Array.from(numbers(sizeOf(shape), options)), { shape, dtype: options.dtype ?? 'f32' })
}

/** The same elements from a buffer with its axes in another order, every second element, back to front. */
export function strided(shape: Shape, options: InputOptions): Tensor {
  const turned = shape.toReversed()
  const wide = input([...turned.map((n) => 2 * n + 1)], options)
  const part = wide.slice(
    turned.map(() => 1),
    turned.map((n) => 2 * n + 1),
    turned.map(() => 2),
  )
  const back = turned.length > 0 ? flip(part, { axis: 0 }) : part
  return turned.length > 1 ? back.transpose(turned.map((_, i) => turned.length - 1 - i)) : back
}
