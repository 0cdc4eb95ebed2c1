import { ValueError } from './errors.ts'
import { hostValue } from './evaluate/read.ts'
import { showPlace } from './shape.ts'
import type { Tensor } from './tensor.ts'

/**
 * Checks each number of an argument, if the host has them: those that are yet to be computed, or are exchanged when a plan is run
 * again, cannot be checked in advance.
 *
 * @example checkValues('f', 'rates', tensor([0.5, 1]), (rate) => rate >= 0, 'at least 0')
 */
export function checkValues(
  fn: string,
  name: string,
  x: Tensor,
  holds: (value: number) => boolean,
  expectation: string,
  remedy?: string,
): void {
  const values = hostValue(x) ?? []
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number
    if (!holds(value))
      throw new ValueError(
        `${fn}: ${name} must be ${expectation}, got ${value}${showPlace(x.shape, i)}.${remedy ? ` ${remedy}` : ''}`,
      )
  }
}
