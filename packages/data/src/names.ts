import { mapTree, type Path, type Tensor, type Tree, TreeError } from '@wengert/core'
import { FormatError, shown } from './formatError.ts'

/** No model nests deeper, and trees are walked by recursion. */
const deepest = 64

/** The tensors of a tree by their dotted names: `layers.0.weight`. A key with a dot would make a name of two meanings. */
export function namedTensors(fn: string, tree: unknown): Map<string, Tensor> {
  const found = new Map<string, Tensor>()
  mapTree(
    (leaf, path) => {
      found.set(nameOf(fn, path), leaf)
      return leaf
    },
    tree,
    fn,
  )
  return found
}

/** The dotted name of a position in a tree. */
export function nameOf(fn: string, path: Path): string {
  if (path.length === 0) throw new TreeError(`${fn}: tree must be an array or object of tensors, got a tensor.`)
  if (path.length > deepest)
    throw new TreeError(`${fn}: tree must be at most ${deepest} levels deep, got ${path.length}.`)
  for (const step of path)
    if (String(step).includes('.') || step === '__proto__')
      throw new TreeError(
        `${fn}: tree must have keys without dots other than __proto__, got ${JSON.stringify(step)}. Nest objects: a dot stands between their keys.`,
      )
  return path.join('.')
}

type Node = Tensor | Map<string, Node>

/**
 * The tree in which tensors stand at the places that their dotted names say. What has just the keys 0, 1, … becomes an
 * array, anything else a plain object.
 */
export function treeOf(fn: string, named: ReadonlyMap<string, Tensor>): Tree {
  const root = new Map<string, Node>()
  for (const [name, x] of named) {
    const steps = name.split('.', deepest + 1)
    const last = steps.pop() as string
    if (steps.length >= deepest || steps.includes('__proto__') || last === '__proto__')
      throw new FormatError(
        `${fn}: names of tensors must be dotted paths of at most ${deepest} keys other than __proto__, got ${shown(name)}.`,
      )
    let group = root
    for (const step of steps) {
      const next = group.get(step) ?? new Map<string, Node>()
      if (!(next instanceof Map)) throw bothAt(fn, name)
      group.set(step, next)
      group = next
    }
    if (group.has(last)) throw bothAt(fn, name)
    group.set(last, x)
  }
  return plain(root)
}

/** The recursion is as deep as names are long, which is bounded. */
function plain(node: Node): Tree {
  if (!(node instanceof Map)) return node
  const indices = [...node.keys()].every((key) => /^(0|[1-9]\d*)$/.test(key) && Number(key) < node.size)
  if (indices && node.size > 0) return Array.from(node, (_, i) => plain(node.get(String(i)) as Node))
  // Not by assignment, which some keys would not survive.
  return Object.fromEntries(Array.from(node, ([key, child]) => [key, plain(child)]))
}

function bothAt(fn: string, name: string): FormatError {
  return new FormatError(`${fn}: names of tensors must not be groups of others, got both at a part of ${shown(name)}.`)
}
