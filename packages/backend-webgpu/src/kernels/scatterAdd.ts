import { type ScatterAddKernel, sizeOf } from '@wengert/core'
import { grid, type Stage, type Stages } from '../stage.ts'
import { positionOf } from '../wgsl/layout.ts'
import { load, moduleOf, registerOf, storeSum, threadIndex } from '../wgsl/module.ts'
import { keyOf, sortStages } from './sort.ts'

/** With no more updates than this, each output looks at all of them. */
const few = 64

/**
 * Each output adds up its own updates in their order, so that the result is the same in every run: no atomic additions. Where
 * there are many updates their positions are first sorted by index, and an output finds its stretch by bisection.
 */
export function scatterAddStages({ dtype, n, updates, indices }: ScatterAddKernel): Stages {
  const [outer = 0, m = 0, inner = 0] = updates.shape
  const size = outer * n * inner
  const { workgroups, row } = grid(size)
  const start = [
    threadIndex(size, row),
    `let column = i % ${inner}u;`,
    `let k = i32(i / ${inner}u % ${n}u);`,
    `let o = i / ${n * inner}u;`,
    `var total = ${registerOf(dtype)}(0);`,
  ]
  const index = (j: string): string => `a1[${positionOf(indices, `((o * ${m}u + ${j}) * ${inner}u + column)`)}]`
  const update = (j: string): string => `total += ${load(dtype, `a0[(o * ${m}u + ${j}) * ${inner}u + column]`)};`
  const stageOf = (sorted: boolean, lines: readonly string[], buffers: readonly number[]): Stage => ({
    code: moduleOf({
      inputs: [
        { name: 'a0', dtype },
        { name: 'a1', dtype: 'i32' },
        ...(sorted ? [{ name: 'a2', dtype: 'i32' } as const] : []),
      ],
      outputs: [{ name: 'out', dtype }],
      main: [...start, ...lines, `out[i] = ${storeSum(dtype, 'total')};`].join('\n'),
    }),
    buffers,
    scalars: false,
    workgroups,
  })
  if (m <= few) {
    const lines = [`for (var j = 0u; j < ${m}u; j++) {`, `  if (${index('j')} == k) { ${update('j')} }`, '}']
    return { stages: [stageOf(false, lines, [0, 1, 2])], scratch: [] }
  }
  // Where the indices do not vary along the inner axis, one sorted row serves all of it.
  const shared = indices.strides[2] === 0 || inner === 1
  const columns = shared ? 1 : inner
  const rows = {
    rows: outer * columns,
    n: m,
    dtype: 'i32',
    position: positionOf(indices, `((r / ${columns}u * ${m}u + j) * ${inner}u + r % ${columns}u)`),
    key: keyOf('i32', false),
  } as const
  const sorting = sortStages(rows, { source: 1, into: 3, beside: 4 })
  const first = `(o * ${columns}u${shared ? '' : ' + column'}) * ${m}u`
  const lines = [
    `let first = ${first};`,
    'var low = 0u;',
    `var high = ${m}u;`,
    'while (low < high) {',
    '  let half = (low + high) / 2u;',
    '  let other = u32(a2[first + half]);',
    `  if (${index('other')} < k) { low = half + 1u; } else { high = half; }`,
    '}',
    `for (; low < ${m}u; low++) {`,
    '  let j = u32(a2[first + low]);',
    `  if (${index('j')} != k) { break; }`,
    `  ${update('j')}`,
    '}',
  ]
  const positions = sizeOf([rows.rows, m])
  return {
    stages: [...sorting, stageOf(true, lines, [0, 1, 3, 2])],
    scratch: sorting.length > 1 ? [positions, positions] : [positions],
  }
}
