import { escape } from './html.ts'
import { countTicks, type Scale } from './scale.ts'

/** One line of a chart: a value after each epoch. */
export interface Series {
  readonly name: string
  readonly values: readonly number[]
  /** CSS classes: colour, and `dashed` or `faint`. */
  readonly look: string
  /** How a value reads where the pointer rests; without it the series stays out of the reading. */
  readonly show?: (value: number) => string
}

export interface Chart {
  readonly title: string
  readonly note: string
  readonly series: readonly Series[]
  readonly scale: Scale
  /** The corner where lines leave room for the reading. */
  readonly reading: 'top' | 'bottom'
}

const width = 560
const height = 320
const plot = { left: 52, right: width - 14, top: 14, bottom: height - 40 }

/** More points than this nobody can tell apart. */
const mostPoints = 200

/** Learning curves as an SVG that shows its values where the pointer rests, without a script. */
export function chart({ title, note, series, scale, reading }: Chart): string {
  const count = Math.max(...series.map(({ values }) => values.length))
  const shown = sampled(count)
  const x = (epoch: number): number => plot.left + ((plot.right - plot.left) * epoch) / Math.max(1, count)
  const y = (value: number): number => plot.bottom - (plot.bottom - plot.top) * scale.position(value)
  const lines = series.map(({ values, look }) => {
    const points = shown.filter((i) => Number.isFinite(values[i]))
    return `<polyline class="line ${look}" points="${points.map((i) => `${round(x(i + 1))},${round(y(values[i] as number))}`).join(' ')}"/>`
  })
  const read = series.filter(({ show }) => show)
  const top = reading === 'top' ? plot.top + 16 : plot.bottom - 10 - 17 * read.length
  const steps = shown.map((i, at) => {
    const [from, to] = [x((shown[at - 1] ?? i - 1) + 1.5), x(i + 1.5)]
    const texts = read.map(({ name, values, look, show }, row) => {
      const value = values[i] as number
      return (
        `<circle class="${look}" cx="${round(x(i + 1))}" cy="${round(y(value))}" r="3.5"/>` +
        `<text class="${look}" x="${plot.right - 6}" y="${top + 17 * (row + 1)}">${escape(name)} ${show?.(value)}</text>`
      )
    })
    return (
      `<g class="step"><rect x="${round(from)}" y="${plot.top}" width="${round(to - from)}" height="${plot.bottom - plot.top}"/>` +
      `<g class="reading"><line x1="${round(x(i + 1))}" x2="${round(x(i + 1))}" y1="${plot.top}" y2="${plot.bottom}"/>` +
      `<text x="${plot.right - 6}" y="${top}">epoch ${i + 1}</text>${texts.join('')}</g></g>`
    )
  })
  return `<figure class="chart">
<figcaption><strong>${escape(title)}</strong> ${escape(note)}</figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(`${title}, ${note}`)}">
${scale.ticks.map(({ value, label }) => horizontal(y(value), label)).join('\n')}
${countTicks(count)
  .map((epoch) => `<text class="tick" x="${round(x(epoch))}" y="${plot.bottom + 18}">${epoch}</text>`)
  .join('\n')}
<text class="tick" x="${(plot.left + plot.right) / 2}" y="${height - 4}">epoch</text>
${lines.join('\n')}
${steps.join('\n')}
</svg>
</figure>`
}

function horizontal(y: number, label: string): string {
  return (
    `<line class="grid" x1="${plot.left}" x2="${plot.right}" y1="${round(y)}" y2="${round(y)}"/>` +
    `<text class="tick side" x="${plot.left - 8}" y="${round(y + 4)}">${label}</text>`
  )
}

/** Positions of the epochs to draw, the last among them. */
function sampled(count: number): number[] {
  const step = Math.ceil(count / mostPoints)
  return Array.from({ length: count }, (_, i) => i).filter((i) => (count - 1 - i) % step === 0)
}

function round(value: number): number {
  return Math.round(10 * value) / 10
}
