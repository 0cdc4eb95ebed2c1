import { describe, TreeError } from './errors.ts'
import { sameShape } from './shape.ts'
import { Tensor } from './tensor.ts'

/** A tensor, or arrays and plain objects of trees nested to any depth: parameters, gradients, optimizer states. */
export type Tree = Tensor | readonly Tree[] | { readonly [name: string]: Tree }

/** A position in a tree: indices and property names from the root. */
export type Path = readonly (string | number)[]

/** Where the keys of one node lead; objects in the order their properties were made. */
function children(fn: string, node: unknown, path: Path): readonly (readonly [string | number, unknown])[] {
  if (Array.isArray(node)) return node.map((child, i) => [i, child] as const)
  const prototype = typeof node === 'object' && node !== null ? Object.getPrototypeOf(node) : undefined
  if (prototype === Object.prototype || prototype === null) return Object.entries(node as object)
  throw new TreeError(
    `${fn}: ${showPath(path)} must be a tensor, an array or a plain object, got ${describe(node)}. ` +
      'Wrap numbers with tensor(…).',
  )
}

/** `params[0].weight`: how a path stands in messages. */
export function showPath(path: Path): string {
  const steps = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('')
  return `tree${steps}`
}

/** The tensors of a tree, from left to right. */
export function leaves(tree: unknown, fn = 'leaves'): Tensor[] {
  const found: Tensor[] = []
  const path: (string | number)[] = []
  const visit = (node: unknown): void => {
    if (node instanceof Tensor) found.push(node)
    else
      for (const [key, child] of children(fn, node, path)) {
        path.push(key)
        visit(child)
        path.pop()
      }
  }
  visit(tree)
  return found
}

/**
 * The tensors of a tree that has the structure of another, with keys in the same order, and tensors of the same dtypes and shapes; null
 * for any other.
 */
export function leavesAlike(like: unknown, tree: unknown): Tensor[] | null {
  const found: Tensor[] = []
  return collectAlike(like, tree, found) ? found : null
}

function collectAlike(like: unknown, tree: unknown, found: Tensor[]): boolean {
  if (like instanceof Tensor) {
    if (!(tree instanceof Tensor) || like.dtype !== tree.dtype || !sameShape(like.shape, tree.shape)) return false
    found.push(tree)
    return true
  }
  if (Array.isArray(like)) {
    if (!Array.isArray(tree) || like.length !== tree.length) return false
    for (let i = 0; i < like.length; i++) if (!collectAlike(like[i], tree[i], found)) return false
    return true
  }
  if (typeof tree !== 'object' || tree === null || Object.getPrototypeOf(like) !== Object.getPrototypeOf(tree))
    return false
  const [keys, others] = [Object.keys(like as object), Object.keys(tree)]
  return (
    keys.length === others.length &&
    keys.every((key, i) => key === others[i] && collectAlike((like as never)[key], (tree as never)[key], found))
  )
}

/** Applies a function to each tensor of a tree; the result has the same structure. */
export function mapTree<T>(f: (leaf: Tensor, path: Path) => Tensor, tree: T, fn = 'mapTree'): T {
  // Depth is that of the user's own nesting, so recursion is safe here; graphs are never walked this way.
  const visit = (node: unknown, path: Path): unknown => {
    if (node instanceof Tensor) return f(node, path)
    if (Array.isArray(node)) return node.map((child, i) => visit(child, [...path, i]))
    return Object.fromEntries(children(fn, node, path).map(([key, child]) => [key, visit(child, [...path, key])]))
  }
  return visit(tree, []) as T
}

/**
 * Combines two trees of the same structure leaf by leaf.
 * Throws a TreeError that names the first place where they differ.
 */
export function zipTrees<T>(f: (a: Tensor, b: Tensor, path: Path) => Tensor, a: T, b: T, fn = 'zipTrees'): T {
  const visit = (x: unknown, y: unknown, path: Path): unknown => {
    if (x instanceof Tensor && y instanceof Tensor) return f(x, y, path)
    if (x instanceof Tensor || y instanceof Tensor || Array.isArray(x) !== Array.isArray(y))
      throw unequal(fn, path, kind(x), kind(y))
    const left = children(fn, x, path)
    const right = new Map(children(fn, y, path))
    if (left.length !== right.size || !left.every(([key]) => right.has(key)))
      throw unequal(fn, path, show(left.map(([key]) => key)), show([...right.keys()]))
    const entries = left.map(([key, child]) => [key, visit(child, right.get(key), [...path, key])] as const)
    return Array.isArray(x) ? entries.map(([, child]) => child) : Object.fromEntries(entries)
  }
  return visit(a, b, []) as T
}

function kind(node: unknown): string {
  return node instanceof Tensor ? 'a tensor' : Array.isArray(node) ? 'an array' : 'an object'
}

function show(keys: readonly (string | number)[]): string {
  return `{${keys.join(', ')}}`
}

function unequal(fn: string, path: Path, a: string, b: string): TreeError {
  return new TreeError(
    `${fn}: trees must have the same structure, got ${a} and ${b} at ${showPath(path)}. ` +
      'Build one from the other, e.g. with mapTree.',
  )
}
