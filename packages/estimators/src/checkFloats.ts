import { DTypeError, isFloat, showShape, type Tensor } from '@wengert/core'

/** Checks that arguments hold floats. */
export function checkFloats(fn: string, tensors: Readonly<Record<string, Tensor>>): void {
  for (const [name, { dtype, shape }] of Object.entries(tensors))
    if (!isFloat(dtype))
      throw new DTypeError(
        `${fn}: ${name} must be f32 or f64, got ${dtype} ${showShape(shape)}. Cast it, e.g. ${name}.cast('f32').`,
      )
}
