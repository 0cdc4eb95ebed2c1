import type { ScanKernel } from '@wengert/core'
import { grid, type Stage, type Stages } from '../stage.ts'
import { load, moduleOf, registerOf, storeSum, threadIndex } from '../wgsl/module.ts'

/** Rows with at least so many elements are cut in parts. */
const long = 256

/**
 * One invocation adds up one column. Where columns are long they are cut in about √n parts: a first stage adds up each part,
 * then each part is run through again, starting from what the parts before hold.
 */
export function scanStages({ dtype, input, reverse }: ScanKernel): Stages {
  const [outer = 0, n = 0, inner = 0] = input.shape
  const parts = n < long ? 1 : Math.ceil(Math.sqrt(n))
  const share = Math.ceil(n / parts)
  const threads = outer * parts * inner
  const { workgroups, row } = grid(threads)
  const type = registerOf(dtype)
  const place = [
    threadIndex(threads, row),
    `let column = i % ${inner}u;`,
    `let part = i / ${inner}u % ${parts}u;`,
    `let o = i / ${parts * inner}u;`,
    `let end = min((part + 1u) * ${share}u, ${n}u);`,
    `var total = ${type}(0);`,
  ]
  const at = `(o * ${n}u + ${reverse ? `${n - 1}u - j` : 'j'}) * ${inner}u + column`
  const loop = (...lines: string[]): string[] => [
    `for (var j = part * ${share}u; j < end; j++) {`,
    ...lines.map((line) => `  ${line}`),
    '}',
  ]
  const sums: Stage = {
    code: moduleOf({
      inputs: [{ name: 'a0', dtype }],
      outputs: [{ name: 'out', dtype: type }],
      main: [...place, ...loop(`total += ${load(dtype, `a0[${at}]`)};`), 'out[i] = total;'].join('\n'),
    }),
    buffers: [0, 2],
    scalars: false,
    workgroups,
  }
  const before = ['for (var q = 0u; q < part; q++) {', `  total += a1[(o * ${parts}u + q) * ${inner}u + column];`, '}']
  const running: Stage = {
    code: moduleOf({
      inputs: [{ name: 'a0', dtype }, ...(parts > 1 ? [{ name: 'a1', dtype: type }] : [])],
      outputs: [{ name: 'out', dtype }],
      main: [
        ...place,
        ...(parts > 1 ? before : []),
        ...loop(`let at = ${at};`, `total += ${load(dtype, 'a0[at]')};`, `out[at] = ${storeSum(dtype, 'total')};`),
      ].join('\n'),
    }),
    buffers: parts > 1 ? [0, 2, 1] : [0, 1],
    scalars: false,
    workgroups,
  }
  return parts > 1 ? { stages: [sums, running], scratch: [threads] } : { stages: [running], scratch: [] }
}
