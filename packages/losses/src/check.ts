import {
  checkDType,
  checkOption,
  checkValues,
  dims,
  ShapeError,
  sameShape,
  showShape,
  type Tensor,
} from '@wengert/core'

/** Checks that arguments are tensors, of whatever shape: for functions whose shapes depend on what they get. */
export function checkTensors(fn: string, tensors: Readonly<Record<string, Tensor>>): void {
  const names = Object.keys(tensors)
  dims(fn, tensors, names.map((name) => `...${name}`).join(', '))
}

/** Checks that arguments hold floats. An f16 has too few digits for what losses do with it: they want what it is cast to. */
export function checkFloats(fn: string, tensors: Readonly<Record<string, Tensor>>): void {
  for (const [name, x] of Object.entries(tensors)) checkDType(fn, name, x, 'precise')
}

/** Checks that logits hold floats and have a class at all. */
export function checkLogits(fn: string, logits: Tensor): void {
  checkDType(fn, 'logits', logits, 'precise')
  if (logits.shape.at(-1) === 0)
    throw new ShapeError(`${fn}: logits must have at least one class on the last axis, got ${showShape(logits.shape)}.`)
}

/** Checks that an option is a finite number greater than 0, as a temperature is. */
export function checkPositive(fn: string, name: string, value: number): void {
  checkOption(fn, name, value, value > 0 && Number.isFinite(value), 'a finite number greater than 0')
}

/** Checks that options are finite numbers of at least 0. */
export function checkNotNegative(fn: string, options: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(options))
    checkOption(fn, name, value, value >= 0 && Number.isFinite(value), 'a finite number of at least 0')
}

/** Checks that an option is one of the keys of the table that it chooses from. */
export function checkChoice(fn: string, name: string, value: string, table: Readonly<Record<string, unknown>>): void {
  checkOption(fn, name, value, Object.hasOwn(table, value), `one of ${Object.keys(table).join(', ')}`)
}

/** Checks numbers that the host knows to be probabilities. Rounding may take them a little beyond 1. */
export function checkProbabilities(fn: string, tensors: Readonly<Record<string, Tensor>>): void {
  for (const [name, x] of Object.entries(tensors))
    checkValues(
      fn,
      name,
      x,
      (p) => p >= 0 && p <= 1 + 1e-5,
      'probabilities from 0 to 1',
      'Logits become probabilities with softmax(logits).',
    )
}

/** Checks that an argument is one or more of another's shape, along a new first axis. */
export function checkStacked(fn: string, name: string, several: Tensor, { shape }: Tensor): void {
  const [count = 0, ...rest] = several.shape
  if (count === 0 || !sameShape(rest, shape))
    throw new ShapeError(
      `${fn}: ${name} must be one or more of shape ${showShape(shape)} along a first axis, got ` +
        `${showShape(several.shape)}. Put them together with stack([…]).`,
    )
}
