import { type Contender, type MeasureOptions, measure, type Times } from './measure.ts'

export interface TableOptions extends MeasureOptions {
  /** Which time ratios and speeds are of. @default 'median' */
  readonly by?: keyof Times
  /** Floating-point operations of one run, for a column of GFLOP/s. */
  readonly flops?: number
  /** How many times our time the contenders of these names should take at least. */
  readonly goals?: Readonly<Record<string, number>>
  /** Sentences beneath the table. */
  readonly notes?: readonly string[]
}

/** Measured times, ready to be printed. */
export interface Table {
  readonly title: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly notes: readonly string[]
}

/** Measures contenders; ratios are to the first of them, which is ours. */
export async function tableOf(
  title: string,
  contenders: readonly Contender[],
  { by = 'median', flops, goals = {}, notes = [], ...options }: TableOptions = {},
): Promise<Table> {
  const times = await measure(title, contenders, options)
  const first = (times[0] as Times)[by]
  const rows = contenders.map(({ name }, i) => {
    const time = times[i] as Times
    const { median, least, wall } = time
    const ratio = time[by] / first
    const goal = goals[name]
    return [
      name,
      number(median),
      number(least),
      number(wall),
      ...(flops ? [number(flops / time[by] / 1e6)] : []),
      i === 0 ? '' : `${number(ratio)}×`,
      goal === undefined ? '' : `≥ ${goal}× ${ratio >= goal ? 'met' : 'missed'}`,
    ]
  })
  const head = ['', 'median ms', 'least ms', 'clock ms', ...(flops ? ['GFLOP/s'] : []), 'to ours', 'goal']
  return { title, head, rows, notes }
}

/** A table for the terminal. */
export function asText({ title, head, rows, notes }: Table): string {
  const widths = head.map((cell, i) => Math.max(cell.length, ...rows.map((row) => (row[i] as string).length)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number)))
      .join('  ')
      .trimEnd()
  return [title, ...[head, ...rows].map((cells) => `  ${line(cells)}`), ...notes.map((note) => `  ${note}`)].join('\n')
}

/** A table for a page. */
export function asMarkdown({ title, head, rows, notes }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const rule = line(head.map((_, i) => (i === 0 ? '---' : '---:')))
  return [`### ${title}`, '', line(head), rule, ...rows.map(line), ...notes.flatMap((note) => ['', note])].join('\n')
}

/** Three digits that count. */
export function number(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 0.001 ? value.toPrecision(3) : value.toFixed(5)
}
