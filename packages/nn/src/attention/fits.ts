import type { Shape } from '@wengert/core'

/** Whether a shape broadcasts to another one without making it larger. */
export function fits(shape: Shape, wanted: Shape): boolean {
  const lead = wanted.length - shape.length
  return lead >= 0 && shape.every((n, i) => n === 1 || n === wanted[lead + i])
}
