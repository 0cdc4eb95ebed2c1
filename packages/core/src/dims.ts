import { describe, ShapeError } from './errors.ts'
import { type Shape, showShape } from './shape.ts'
import { Tensor } from './tensor.ts'

/**
 * Checks the shapes of a function's arguments against a specification and returns the sizes it names.
 *
 * The specification has one entry per tensor, in order, separated by commas. An entry names axes: an upper-case letter or
 * word binds a size that must be the same wherever it stands, a number is itself, and a leading `...S` stands for any number
 * of axes, likewise the same everywhere. All arguments that fail are named in one message.
 *
 * @example dims('f', { logits: zeros([4, 3]), labels: zeros([4]) }, '...B K, ...B').K // 3
 */
export function dims(fn: string, tensors: Readonly<Record<string, Tensor>>, spec: string): Record<string, number> {
  const names = Object.keys(tensors)
  const entries = parsed(spec)
  const sizes: Record<string, number> = {}
  const groups: Record<string, Shape> = {}
  const failed: string[] = []
  names.forEach((name, i) => {
    const x = tensors[name]
    if (!(x instanceof Tensor))
      throw new ShapeError(`${fn}: ${name} must be a tensor, got ${describe(x)}. Wrap data with tensor(…).`)
    const axes = entries[i] as readonly string[]
    if (!bind(x.shape, axes, sizes, groups))
      failed.push(`${name} must have shape ${showSpec(axes)}, got ${showShape(x.shape)}`)
  })
  if (failed.length === 0) return sizes
  const bound = [
    ...Object.entries(groups).map(([name, shape]) => `...${name} = ${showShape(shape)}`),
    ...Object.entries(sizes).map(([name, n]) => `${name} = ${n}`),
  ]
  const given = bound.length > 0 ? ` (${bound.join(', ')})` : ''
  throw new ShapeError(
    `${fn}: ${failed.join('; ')}${given}. Expected ${names.map((n, i) => `${n} ${showSpec(entries[i] as string[])}`).join(', ')}.`,
  )
}

const parses = new Map<string, readonly (readonly string[])[]>()

function parsed(spec: string): readonly (readonly string[])[] {
  let entries = parses.get(spec)
  if (!entries) {
    entries = spec.split(',').map((entry) => entry.trim().split(/\s+/).filter(Boolean))
    parses.set(spec, entries)
  }
  return entries
}

function bind(
  shape: Shape,
  axes: readonly string[],
  sizes: Record<string, number>,
  groups: Record<string, Shape>,
): boolean {
  let rest = shape
  let named = axes
  const first = axes[0]
  if (first?.startsWith('...')) {
    named = axes.slice(1)
    const lead = shape.length - named.length
    if (lead < 0) return false
    const group = groups[first.slice(3)]
    const found = shape.slice(0, lead)
    if (group && (group.length !== lead || group.some((n, i) => n !== found[i]))) return false
    groups[first.slice(3)] = found
    rest = shape.slice(lead)
  }
  if (rest.length !== named.length) return false
  return named.every((axis, i) => {
    const n = rest[i] as number
    if (/^\d+$/.test(axis)) return n === Number(axis)
    if (sizes[axis] !== undefined) return sizes[axis] === n
    sizes[axis] = n
    return true
  })
}

function showSpec(axes: readonly string[]): string {
  return `[${axes.join(', ')}]`
}
