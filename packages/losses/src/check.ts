import { DTypeError, dims, isFloat, ShapeError, showShape, type Tensor, ValueError } from '@wengert/core'

/** Checks that arguments are tensors, of whatever shape: for functions whose shapes depend on what they get. */
export function checkTensors(fn: string, tensors: Readonly<Record<string, Tensor>>): void {
  const names = Object.keys(tensors)
  dims(fn, tensors, names.map((name) => `...${name}`).join(', '))
}

/** Checks that arguments hold floats. */
export function checkFloats(fn: string, tensors: Readonly<Record<string, Tensor>>): void {
  for (const [name, { dtype, shape }] of Object.entries(tensors))
    if (!isFloat(dtype))
      throw new DTypeError(
        `${fn}: ${name} must be f32 or f64, got ${dtype} ${showShape(shape)}. Cast it, e.g. ${name}.cast('f32').`,
      )
}

/** Checks that logits hold floats and have a class at all. */
export function checkLogits(fn: string, logits: Tensor): void {
  checkFloats(fn, { logits })
  if (logits.shape.at(-1) === 0)
    throw new ShapeError(`${fn}: logits must have at least one class on the last axis, got ${showShape(logits.shape)}.`)
}

/** Checks that an option is one of the keys of the table that it chooses from. */
export function checkChoice(fn: string, name: string, value: string, table: Readonly<Record<string, unknown>>): void {
  if (!Object.hasOwn(table, value))
    throw new ValueError(`${fn}: ${name} must be one of ${Object.keys(table).join(', ')}, got ${value}.`)
}
