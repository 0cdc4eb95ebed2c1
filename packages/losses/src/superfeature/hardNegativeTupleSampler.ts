import { checkCount, type Key, ShapeError, threefry, ValueError } from '@wengert/core'

export interface HardNegativeTupleOptions {
  /** Samples in a tuple: an anchor, a positive, and negatives; at least 3. @default 8 */
  readonly tupleSize?: number
  /** The class that a model predicted for each sample. Without it negatives are drawn evenly over classes. @default none */
  readonly predictions?: ArrayLike<number>
}

/**
 * Tuples of an anchor, a positive and negatives for one pass over a set of samples, with such negatives preferred as a model has taken
 * for the anchor's class. Use it between epochs for losses of tuples such as superfeatureTripletLoss; each with a key of its own.
 *
 * The class of the anchor is drawn evenly among those that can still make a tuple, the anchor from its samples. An anchor that was
 * predicted rightly takes any positive, and each negative with probability 1/2 from other classes' samples that were predicted as
 * its class. One that was predicted wrongly takes a positive that was predicted rightly if there is one, and each negative with
 * probability 0.33 from those samples, and else with probability 1/2 from the class predicted for it. The other negatives are of
 * distinct classes, drawn in turns. No sample is drawn twice; the pass ends when no class can make a tuple.
 *
 * Shapes: the class of each sample, N integers → tuples of tupleSize sample numbers.
 * Gradient: none.
 * Source: Zhu et al., CFCD, arXiv 2308.04008 (2023), as its authors' code samples; that refills and goes on where a pass ends here.
 *
 * @example hardNegativeTupleSampler(key(0), [0, 0, 1, 1], { tupleSize: 3 }).length // 1
 */
export function hardNegativeTupleSampler(
  from: Key,
  labels: ArrayLike<number>,
  { tupleSize = 8, predictions }: HardNegativeTupleOptions = {},
): number[][] {
  const fn = 'hardNegativeTupleSampler'
  checkCount(fn, 'tupleSize', tupleSize, 3)
  if (predictions && predictions.length !== labels.length)
    throw new ShapeError(
      `${fn}: predictions must be as many as labels, ${labels.length}, got ${predictions.length}. Give one for each sample.`,
    )
  const draw = drawFrom(from)
  const pools = new Pools(labels, predictions, draw)
  const [anchors, stocked] = [pools.classes(), pools.classes()]
  const tuples: number[][] = []
  for (let c = anchorClass(); c !== null; c = anchorClass()) tuples.push(tupleOf(c))
  if (tuples.length === 0)
    throw new ValueError(
      `${fn}: labels must have two samples of one class and ${tupleSize - 2} of others, got none such. Lower tupleSize.`,
    )
  return tuples

  function anchorClass(): number | null {
    while (anchors.length > 0) {
      const at = draw(anchors.length)
      const c = anchors[at] as number
      const own = pools.left(c)
      if (own >= 2 && pools.size - own >= tupleSize - 2) return c
      // Samples only become fewer, so it will never do again.
      removeAt(anchors, at)
    }
    return null
  }

  function tupleOf(c: number): number[] {
    const anchor = pools.takeOf(c) as number
    const predicted = predictions?.[anchor]
    const preferred = predicted === undefined || predicted === c ? null : pools.takeRight(c)
    const tuple = [anchor, preferred ?? (pools.takeOf(c) as number)]
    for (let slot = 2; slot < tupleSize; slot++) {
      const found = predicted === undefined ? null : hardNegative(c, predicted)
      if (found !== null) tuple.push(found)
    }
    // Classes from here on have had their turn.
    let end = 0
    while (tuple.length < tupleSize) {
      if (end === 0) end = stocked.length
      const at = draw(end--)
      const k = stocked[at] as number
      stocked[at] = stocked[end] as number
      stocked[end] = k
      if (k === c) continue
      const found = pools.takeOf(k)
      if (found === null) removeAt(stocked, end)
      else tuple.push(found)
    }
    return tuple
  }

  function hardNegative(c: number, predicted: number): number | null {
    const chance = draw(100)
    if (predicted === c) return chance < 50 ? pools.takeMistaken(c) : null
    if (chance < 33) return pools.takeMistaken(c)
    return draw(100) < 50 ? pools.takeOf(predicted) : null
  }
}

/** Integers from 0 to n − 1, evenly drawn on the host. */
function drawFrom({ k0, k1 }: Key): (n: number) => number {
  let counter = 0
  return (n) => Math.floor((threefry(k0, k1, counter++, 0)[0] / 2 ** 32) * n)
}

function removeAt(list: number[], at: number): void {
  list[at] = list.at(-1) as number
  list.pop()
}

/** The samples that are left. What is taken leaves a list when it is drawn from it again. */
class Pools {
  /** How many are left. */
  size: number
  readonly #draw: (n: number) => number
  readonly #labels: ArrayLike<number>
  readonly #predictions: ArrayLike<number> | undefined
  readonly #taken: Uint8Array
  readonly #left = new Map<number, number>()
  readonly #byClass = new Map<number, number[]>()
  /** Samples of other classes, by the class predicted for them. */
  readonly #mistaken = new Map<number, number[]>()

  constructor(labels: ArrayLike<number>, predictions: ArrayLike<number> | undefined, draw: (n: number) => number) {
    this.size = labels.length
    this.#draw = draw
    this.#labels = labels
    this.#predictions = predictions
    this.#taken = new Uint8Array(labels.length)
    for (let i = 0; i < labels.length; i++) {
      const [c, predicted] = [labels[i] as number, predictions?.[i]]
      this.#left.set(c, this.left(c) + 1)
      append(this.#byClass, c, i)
      if (predicted !== undefined && predicted !== c) append(this.#mistaken, predicted, i)
    }
  }

  classes(): number[] {
    return [...this.#byClass.keys()]
  }

  /** How many samples of a class are left. */
  left(c: number): number {
    return this.#left.get(c) ?? 0
  }

  /** A sample of a class; null if there is none left. */
  takeOf(c: number): number | null {
    return this.#takeFrom(this.#byClass.get(c) ?? [])
  }

  /** A sample of another class that was predicted as this one. */
  takeMistaken(c: number): number | null {
    return this.#takeFrom(this.#mistaken.get(c) ?? [])
  }

  /** A sample of a class that was predicted as such. */
  takeRight(c: number): number | null {
    return this.#takeFrom((this.#byClass.get(c) ?? []).filter((i) => this.#predictions?.[i] === c))
  }

  #takeFrom(list: number[]): number | null {
    while (list.length > 0) {
      const at = this.#draw(list.length)
      const sample = list[at] as number
      removeAt(list, at)
      if (this.#taken[sample]) continue
      this.#taken[sample] = 1
      const c = this.#labels[sample] as number
      this.#left.set(c, this.left(c) - 1)
      this.size--
      return sample
    }
    return null
  }
}

function append(lists: Map<number, number[]>, key: number, item: number): void {
  const list = lists.get(key)
  if (list) list.push(item)
  else lists.set(key, [item])
}
