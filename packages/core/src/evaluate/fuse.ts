import { type DType, elementBytes } from '../dtype.ts'
import type { ScalarOp } from '../kernel.ts'
import { bytesRead } from '../kernelShapes.ts'
import { sizeOf } from '../shape.ts'
import type { BodyBuilder, BodyLimits } from './bodyBuilder.ts'
import { type Draft, inputsOf, type ProductDraft, readersOf } from './draft.ts'

/** Functions that cost next to nothing beside reading a number, so that several readers may each compute them. */
// biome-ignore format: one line
const cheap: readonly ScalarOp[] = [
  'neg', 'abs', 'sign', 'not', 'isFinite', 'add', 'sub', 'mul', 'maximum', 'minimum',
  'equal', 'notEqual', 'less', 'lessEqual', 'and', 'or', 'where', 'cast',
]

/**
 * Merges the bodies of maps into those that read them, in place:
 * - a map that one body alone reads becomes part of it, and so does a cheap one in all of its readers, where that moves no more
 *   memory than writing its result and reading it again;
 * - a map that others read too is computed by one of its readers, which stores it by the way, so that it is read once less;
 * - a map of a product becomes part of that, and so does a map of what such a one yields. A product that others read too is stored by
 *   the way: it was written before and is now, but read once less. A reduction of a map that it alone reads keeps it, as either
 *   way one array is written and read.
 */
export function fuseBodies(drafts: Draft[], outputs: ReadonlySet<number>, limits: BodyLimits): void {
  const fuser = new Fuser(drafts, outputs, limits)
  for (let at = 0; at < drafts.length; at++) fuser.intoReaders(at)
  for (let at = 0; at < drafts.length; at++) fuser.withInputs(at)
}

class Fuser {
  readonly #drafts: Draft[]
  readonly #outputs: ReadonlySet<number>
  readonly #limits: BodyLimits
  /** Kernels that read a node, by the nodes they write. */
  readonly #readers: Set<number>[]
  /** The first kernel that reads what one further on writes; those before it read only what comes before them. */
  #firstLate = Number.POSITIVE_INFINITY

  constructor(drafts: Draft[], outputs: ReadonlySet<number>, limits: BodyLimits) {
    this.#drafts = drafts
    this.#limits = limits
    this.#outputs = outputs
    this.#readers = readersOf(drafts)
  }

  /** Makes a map part of all its readers. */
  intoReaders(at: number): void {
    const map = this.#map(at)
    const readers = [...(this.#readers[at] as Set<number>)]
    if (!map || this.#outputs.has(at) || readers.length === 0) return
    const bodies = readers.map((reader) => this.#body(reader))
    const size = sizeOf(map.shape)
    if (!bodies.every((body) => body?.readsWhole([at], size))) return
    if (bodies.length > 1 && (this.#completesProduct(at, map) || !paysTwice(map, bodies as BodyBuilder[]))) return
    bodies.forEach((body, i) => {
      // The last of its readers, unless another could not take it.
      const use = this.#readers[at]?.size === 1 ? 'moved' : 'copied'
      if (body?.take(at, map, new Set(), this.#limits, use)) this.#move(at, readers[i] as number)
    })
    if (this.#readers[at]?.size === 0) this.#remove(at)
  }

  /** Computes the maps that a body reads in it, and stores them by the way. */
  withInputs(at: number): void {
    const body = this.#body(at)
    if (!body) return
    // What a map that is taken reads may be taken next.
    while (body.nodes.some((node) => this.#takeStoring(node, at, body)));
    if (!this.#map(at)) return
    // Of several products the last: the others are there by then.
    for (const node of body.nodes.toSorted((a, b) => b - a)) {
      const product = this.#product(node, body.dtype)
      if (product && this.#takeStoring(node, at, body, product)) return
    }
  }

  #takeStoring(node: number, at: number, body: BodyBuilder, product: ProductDraft | null = null): boolean {
    const map = product?.body ?? this.#map(node)
    if (!map || sizeOf(map.shape) === 0) return false
    const written = [node, ...map.stored]
    if (!body.readsWhole(written, sizeOf(map.shape)) || this.#isBetween(node, at)) return false
    const needed = new Set(written.filter((each) => this.#isNeededBeside(at, each)))
    const buffers = this.#limits.buffers - (product ? 1 : 0)
    if (!body.take(node, map, needed, { ...this.#limits, buffers }, 'moved')) return false
    if (product) this.#drafts[at] = { ...product, body }
    for (const each of written) {
      for (const reader of this.#readers[each] as Set<number>)
        if (reader < at) this.#firstLate = Math.min(this.#firstLate, reader)
      this.#move(each, at)
      this.#drafts[each] = needed.has(each) ? { kind: 'stored', by: at } : null
    }
    for (const input of map.nodes) this.#readers[input]?.delete(node)
    return true
  }

  /** Whether a node must be written although a reader computes it. */
  #isNeededBeside(reader: number, node: number): boolean {
    return this.#outputs.has(node) || [...(this.#readers[node] ?? [])].some((other) => other !== reader)
  }

  /** A reader has taken a node over: it reads what that reads. */
  #move(node: number, reader: number): void {
    this.#readers[node]?.delete(reader)
    for (const input of this.#inputs(reader)) this.#readers[input]?.add(reader)
  }

  #remove(at: number): void {
    for (const input of this.#inputs(at)) this.#readers[input]?.delete(at)
    this.#drafts[at] = null
  }

  /** Whether a kernel reads, through others, what a map writes. */
  #isBetween(map: number, reader: number): boolean {
    const seen = new Set([reader])
    const open = this.#inputs(reader).map((node) => this.#writer(node))
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (at === map || seen.has(at) || (at < map && at < this.#firstLate)) continue
      seen.add(at)
      for (const node of this.#inputs(at)) {
        const from = this.#writer(node)
        if (from === map) return true
        open.push(from)
      }
    }
    return false
  }

  #inputs(at: number): readonly number[] {
    return inputsOf(this.#drafts[at])
  }

  #writer(node: number): number {
    const draft = this.#drafts[node]
    return draft?.kind === 'stored' ? draft.by : node
  }

  #body(at: number): BodyBuilder | null {
    const draft = this.#drafts[at]
    return draft?.kind === 'body' ? draft.body : null
  }

  #product(at: number, dtype: DType): ProductDraft | null {
    const draft = this.#drafts[at]
    return draft?.kind === 'product' && draft.kernel.dtype === dtype ? draft : null
  }

  /** Whether a map alone reads a product, of which it had better be part: then only its own result needs memory. */
  #completesProduct(at: number, map: BodyBuilder): boolean {
    return map.nodes.some((node) => {
      const product = this.#product(node, map.dtype)
      return product && !this.#isNeededBeside(at, node) && map.readsWhole([node], sizeOf(product.body.shape))
    })
  }

  #map(at: number): BodyBuilder | null {
    const draft = this.#drafts[at]
    return draft?.kind === 'body' && !draft.reduction ? draft.body : null
  }
}

/** Whether readers move no more memory where each computes a map by itself. */
function paysTwice(map: BodyBuilder, readers: readonly BodyBuilder[]): boolean {
  if (!map.steps.every(({ op }) => cheap.includes(op)) || contracts(map)) return false
  if (!map.operands.every(({ strides }) => Math.abs(strides.at(-1) ?? 0) <= 1)) return false
  const own = elementBytes[map.dtype] * sizeOf(map.shape)
  const read = map.operands.reduce((sum, operand) => sum + bytesRead(operand), 0)
  const readAgain = readers.reduce(
    (sum, reader) =>
      sum +
      map.operands.reduce(
        (more, operand, i) => more + (reader.nodes.includes(map.nodes[i] as number) ? 0 : bytesRead(operand)),
        0,
      ),
    0,
  )
  return readAgain <= read + own * (1 + readers.length)
}

/**
 * Whether a product goes into a sum, which some machines round once: copies of the map in different kernels might then differ
 * in the last bit, and who looks for the greatest of its numbers would not find it.
 */
function contracts({ steps }: BodyBuilder): boolean {
  return steps.some(
    ({ op, args }) =>
      (op === 'add' || op === 'sub') && args.some(({ of, index }) => of === 'step' && steps[index]?.op === 'mul'),
  )
}
