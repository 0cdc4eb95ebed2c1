import { bits } from './bits.ts'
import { errorFunction } from './errorFunction.ts'
import { exponential } from './exponential.ts'
import type { Functions } from './functions.ts'
import { gamma } from './gamma.ts'
import { inverseTrigonometric } from './inverseTrigonometric.ts'
import { logarithm } from './logarithm.ts'
import { order } from './order.ts'
import { power } from './power.ts'
import { threefry } from './threefry.ts'
import { trigonometric } from './trigonometric.ts'

/** Every helper function. Those named …F32 are right for every f32; the others are for the arguments that those give them. */
export const functions: Functions = {
  ...bits,
  ...order,
  ...exponential,
  ...logarithm,
  ...power,
  ...trigonometric,
  ...inverseTrigonometric,
  ...errorFunction,
  ...gamma,
  ...threefry,
}

/** Names of the helper functions that a text calls. */
export function helpersIn(text: string): string[] {
  const names = Array.from(text.matchAll(/\b([A-Za-z]\w*)\(/g), ([, name]) => name as string)
  return [...new Set(names)].filter((name) => Object.hasOwn(functions, name))
}

/** WGSL of helper functions and of all that they call, each once, a function after those it calls. */
export function helpers(names: Iterable<string>): string {
  const written = new Set<string>()
  const write = (name: string): void => {
    if (written.has(name)) return
    const source = functions[name]
    if (source === undefined) throw new Error(`internal: ${name} is no helper function`)
    for (const used of helpersIn(source)) if (used !== name) write(used)
    written.add(name)
  }
  for (const name of names) write(name)
  return Array.from(written, (name) => functions[name]).join('\n')
}
