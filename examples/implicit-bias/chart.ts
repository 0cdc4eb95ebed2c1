/** A value after each of the steps looked at. */
export interface Series {
  readonly name: string
  readonly values: readonly number[]
}

export interface Chart {
  readonly title: string
  readonly steps: readonly number[]
  readonly series: readonly Series[]
  /** Values at which lines cross the chart, ascending; the first and the last are its bounds. */
  readonly marks: readonly number[]
}

const width = 560
const height = 340
const plot = { left: 44, right: width - 12, top: 12, bottom: height - 40 }

/** Curves over the number of steps, at equal distances for equal factors. */
export function chart({ title, steps, series, marks }: Chart): string {
  const [first, last] = [steps[0] as number, steps.at(-1) as number]
  const [low, high] = [marks[0] as number, marks.at(-1) as number]
  const x = (step: number): number =>
    plot.left + ((plot.right - plot.left) * Math.log(step / first)) / Math.log(last / first)
  const y = (value: number): number => plot.bottom - ((plot.bottom - plot.top) * (value - low)) / (high - low)
  const decades = Array.from({ length: Math.floor(Math.log10(last)) + 1 }, (_, n) => 10 ** n).filter((n) => n >= first)
  const lines = series.map(({ values }, i) => {
    const points = values.map((value, n) => `${round(x(steps[n] as number))},${round(y(value))}`)
    return `<polyline class="line hue-${i}" points="${points.join(' ')}"/>`
  })
  const rules = marks.map((mark) => {
    const at = round(y(mark))
    const line = `<line class="grid" x1="${plot.left}" x2="${plot.right}" y1="${at}" y2="${at}"/>`
    return `${line}<text class="side" x="${plot.left - 8}" y="${at + 4}">${mark}</text>`
  })
  const ticks = decades.map(
    (n) => `<text class="tick" x="${round(x(n))}" y="${plot.bottom + 18}">${n.toLocaleString('en-US')}</text>`,
  )
  return `<figure>
<figcaption>${title}</figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">
${rules.join('\n')}
${ticks.join('\n')}
<text class="tick" x="${(plot.left + plot.right) / 2}" y="${height - 4}">steps</text>
${lines.join('\n')}
</svg>
</figure>`
}

/** A tenth of a pixel is enough. */
export function round(value: number): number {
  return Math.round(10 * value) / 10
}
