import type { DType } from '@wengert/core'
import { grid, type Stage } from '../stage.ts'
import { load, moduleOf, threadIndex } from '../wgsl/module.ts'

/** Rows to sort: element j of row r has the key at `key`, an order-preserving u32. */
export interface Rows {
  readonly rows: number
  readonly n: number
  readonly dtype: DType
  /** WGSL for the position in the buffer of element `j` of row `r`. */
  readonly position: string
  /** WGSL for the u32 that sorts as the element `x` does. */
  readonly key: string
}

/** Where the stages read and write, as they count buffers: two of them take turns, and the last stage writes to `into`. */
export interface SortBuffers {
  readonly source: number
  readonly into: number
  readonly beside: number
}

/** Elements in a run that is sorted by counting. */
const firstRun = 32

/**
 * Sorts positions stably. Runs of 32 are sorted by counting for each element those that come before it; then runs are merged
 * two by two, each element finding its place in the other run by bisection. No invocation waits for another.
 */
export function sortStages(rows: Rows, { source, into, beside }: SortBuffers): Stage[] {
  const { n, rows: count } = rows
  const merges = n <= firstRun ? 0 : Math.ceil(Math.log2(n / firstRun))
  const { workgroups, row } = grid(count * n)
  const element = load(rows.dtype, `a0[${rows.position}]`)
  const key = `${floatKey}\nfn key(r: u32, j: u32) -> u32 {\n  let x = ${element};\n  return ${rows.key};\n}`
  const start = [threadIndex(count * n, row), `let r = i / ${n}u;`, `let j = i % ${n}u;`]
  const stageOf = (declared: readonly string[], main: readonly string[], buffers: readonly number[]): Stage => ({
    code: moduleOf({
      inputs: declared.map((name) => ({ name, dtype: name === 'a0' ? rows.dtype : 'i32' })),
      outputs: [{ name: 'out', dtype: 'i32' }],
      declarations: key,
      main: [...start, ...main].join('\n'),
    }),
    buffers,
    scalars: false,
    workgroups,
  })
  const target = (stage: number): number => ((merges - stage) % 2 === 0 ? into : beside)
  const counting = [
    `let first = j - j % ${firstRun}u;`,
    `let end = min(first + ${firstRun}u, ${n}u);`,
    'let mine = key(r, j);',
    'var place = first;',
    'for (var q = first; q < end; q++) {',
    '  let other = key(r, q);',
    '  if (other < mine || (other == mine && q < j)) { place++; }',
    '}',
    `out[r * ${n}u + place] = i32(j);`,
  ]
  const stages = [stageOf(['a0'], counting, [source, target(0)])]
  for (let stage = 1, run = firstRun; stage <= merges; stage++, run *= 2) {
    const merging = [
      `let mine = a1[r * ${n}u + j];`,
      'let k = key(r, u32(mine));',
      `let pair = j - j % ${2 * run}u;`,
      `let middle = min(pair + ${run}u, ${n}u);`,
      `let left = j < middle;`,
      // The other run, in which those before this element are counted.
      'let first = select(pair, middle, left);',
      'var low = first;',
      `var high = select(middle, min(pair + ${2 * run}u, ${n}u), left);`,
      'while (low < high) {',
      '  let half = (low + high) / 2u;',
      `  let other = key(r, u32(a1[r * ${n}u + half]));`,
      // Of equal elements those of the left run come first.
      '  if (other < k || (other == k && !left)) { low = half + 1u; } else { high = half; }',
      '}',
      'let before = select(j - middle, j - pair, left) + (low - first);',
      `out[r * ${n}u + pair + before] = mine;`,
    ]
    stages.push(stageOf(['a0', 'a1'], merging, [source, target(stage - 1), target(stage)]))
  }
  return stages
}

/** WGSL for the key of `x`: numbers in order, −0 like 0, NaN last either way. */
export function keyOf(dtype: DType, descending: boolean): string {
  if (dtype === 'bool') return descending ? 'u32(!x)' : 'u32(x)'
  if (dtype === 'i32') {
    const key = '(bitcast<u32>(x) ^ 0x80000000u)'
    return descending ? `~${key}` : key
  }
  return `floatKey(bitcast<u32>(x), ${descending})`
}

/** What `keyOf` calls for floats. Looks at bits only, as WGSL may take NaN and infinities for any number. */
const floatKey = `fn floatKey(bits: u32, descending: bool) -> u32 {
  let magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) { return 0xffffffffu; }
  if (magnitude == 0u) { return 0x80000000u; }
  let key = select(bits | 0x80000000u, ~bits, bits != magnitude);
  return select(key, ~key, descending);
}`
