/** Points that a line goes through, in order. */
export interface Series {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
}

export interface Axis {
  /** Numbers shown, ascending; the first and the last are the bounds. */
  readonly marks: readonly number[]
  readonly label?: string
  /** Whether equal factors are equal distances. @default false */
  readonly logarithmic?: boolean
}

export interface LineChart {
  readonly title: string
  readonly x: Axis
  readonly y: Axis
  readonly series: readonly Series[]
}

const width = 560
const height = 340
const plot = { left: 44, right: width - 12, top: 12, bottom: height - 40 }

/** Lines as a figure of HTML, each in the hue of its position. */
export function lineChart({ title, x, y, series }: LineChart): string {
  const [toX, toY] = [scale(x, plot.left, plot.right), scale(y, plot.bottom, plot.top)]
  const lines = series.map(({ name, points }, i) => {
    const places = points.map(([a, b]) => `${toX(a)},${toY(b)}`)
    return `<polyline class="line hue-${i}" points="${places.join(' ')}"><title>${name}</title></polyline>`
  })
  const rules = y.marks.map((mark) => {
    const at = toY(mark)
    const line = `<line class="grid" x1="${plot.left}" x2="${plot.right}" y1="${at}" y2="${at}"/>`
    return `${line}<text class="side" x="${plot.left - 8}" y="${at + 4}">${show(mark)}</text>`
  })
  const ticks = x.marks.map(
    (mark) => `<text class="tick" x="${toX(mark)}" y="${plot.bottom + 18}">${show(mark)}</text>`,
  )
  return `<figure>
<figcaption>${title}</figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">
${rules.join('\n')}
${ticks.join('\n')}
<text class="tick" x="${(plot.left + plot.right) / 2}" y="${height - 4}">${x.label ?? ''}</text>
${lines.join('\n')}
</svg>
</figure>`
}

/** From 0 to at least a bound in at most six equal steps of 1, 2 or 5 times a power of ten. */
export function evenly(bound: number): number[] {
  const power = 10 ** Math.floor(Math.log10(bound / 6))
  const step = [1, 2, 5].map((n) => n * power).find((n) => n * 6 >= bound) ?? 10 * power
  return Array.from({ length: Math.ceil(bound / step) + 1 }, (_, n) => Number((n * step).toPrecision(12)))
}

/** A tenth of a pixel is enough. */
export function round(value: number): number {
  return Math.round(10 * value) / 10
}

function scale({ marks, logarithmic = false }: Axis, from: number, to: number): (value: number) => number {
  const place = logarithmic ? Math.log : Number
  const [low, high] = [place(marks[0] as number), place(marks.at(-1) as number)]
  return (value) => round(from + ((to - from) * (place(value) - low)) / (high - low))
}

function show(mark: number): string {
  return mark.toLocaleString('en-US', { maximumSignificantDigits: 6 })
}
