/** Up to this many operands every order is tried: 3^n splits of sets of operands. */
const exactLimit = 6

/**
 * In which order to contract operands two at a time: pairs of positions i < j in the list of terms, from which the two are
 * removed and to whose end their contraction is appended. The cost of a contraction is the product of all sizes
 * involved; up to 6 operands the total is the least possible, beyond that the pair of smallest result goes first. A label that
 * one term alone has, and not the output, must have been summed before.
 */
export function contractionOrder(
  terms: readonly (readonly string[])[],
  output: readonly string[],
  sizes: ReadonlyMap<string, number>,
): readonly (readonly [number, number])[] {
  if (terms.length < 2) return []
  if (terms.length === 2) return [[0, 1]]
  return terms.length <= exactLimit ? cheapest(terms, output, sizes) : greedy(terms, output, sizes)
}

type Labels = ReadonlySet<string>

function volume(labels: Iterable<string>, sizes: ReadonlyMap<string, number>): number {
  let product = 1
  for (const label of labels) product *= sizes.get(label) as number
  return product
}

/** What remains of `labels` once those that neither the output nor other terms have are summed. */
function kept(labels: Labels, output: readonly string[], others: readonly Iterable<string>[]): Labels {
  const wanted = new Set(output)
  for (const other of others) for (const label of other) wanted.add(label)
  return new Set([...labels].filter((label) => wanted.has(label)))
}

/** Dynamic programming over sets of operands, as bits. */
function cheapest(
  terms: readonly (readonly string[])[],
  output: readonly string[],
  sizes: ReadonlyMap<string, number>,
): (readonly [number, number])[] {
  const n = terms.length
  const all = 2 ** n - 1
  const labelsOf = Array.from({ length: all + 1 }, (_, set) => {
    const inside = new Set(terms.flatMap((labels, i) => (set & (1 << i) ? labels : [])))
    const outside = terms.filter((_, i) => !(set & (1 << i)))
    return kept(inside, output, outside)
  })
  const cost = new Array<number>(all + 1).fill(Number.POSITIVE_INFINITY)
  const half = new Array<number>(all + 1).fill(0)
  for (let set = 1; set <= all; set++) {
    if ((set & (set - 1)) === 0) {
      cost[set] = 0
      continue
    }
    // Every split of the set in two, each once: the part with the lowest bit first.
    for (let part = (set - 1) & set; part > 0; part = (part - 1) & set) {
      const rest = set ^ part
      if (part < rest) continue
      const joint = new Set([...(labelsOf[part] as Labels), ...(labelsOf[rest] as Labels)])
      const total = (cost[part] as number) + (cost[rest] as number) + volume(joint, sizes)
      if (total < (cost[set] as number) || half[set] === 0) {
        cost[set] = total
        half[set] = part
      }
    }
  }
  // Sets to make, halves after the whole; in reverse every set comes after its halves.
  const sets = [all]
  for (const set of sets) {
    const part = half[set] as number
    if (part !== 0) sets.push(part, set ^ part)
  }
  const live = terms.map((_, i) => 1 << i)
  return sets
    .reverse()
    .filter((set) => half[set] !== 0)
    .map((set) => {
      const at = [live.indexOf(half[set] as number), live.indexOf(set ^ (half[set] as number))]
      const [i, j] = [Math.min(...at), Math.max(...at)]
      live.splice(j, 1)
      live.splice(i, 1)
      live.push(set)
      return [i, j] as const
    })
}

/** Always the pair whose result outgrows its two operands least, and of such the one that costs least. */
function greedy(
  terms: readonly (readonly string[])[],
  output: readonly string[],
  sizes: ReadonlyMap<string, number>,
): (readonly [number, number])[] {
  const live: Labels[] = terms.map((labels) => new Set(labels))
  const order: (readonly [number, number])[] = []
  while (live.length > 1) {
    let best = {
      i: 0,
      j: 1,
      labels: live[0] as Labels,
      growth: Number.POSITIVE_INFINITY,
      cost: Number.POSITIVE_INFINITY,
    }
    for (let j = 1; j < live.length; j++)
      for (let i = 0; i < j; i++) {
        const [a, b] = [live[i] as Labels, live[j] as Labels]
        const others = live.filter((_, k) => k !== i && k !== j)
        const joint = new Set([...a, ...b])
        const labels = kept(joint, output, others)
        const cost = volume(joint, sizes)
        const growth = volume(labels, sizes) - volume(a, sizes) - volume(b, sizes)
        if (growth < best.growth || (growth === best.growth && cost < best.cost)) best = { i, j, labels, growth, cost }
      }
    live.splice(best.j, 1)
    live.splice(best.i, 1)
    live.push(best.labels)
    order.push([best.i, best.j])
  }
  return order
}
