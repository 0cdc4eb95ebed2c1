export interface Axis {
  /** Numbers shown, ascending; the first and the last are the bounds. */
  readonly marks: readonly number[]
  readonly label?: string
  /** Whether equal factors are equal distances. @default false */
  readonly logarithmic?: boolean
}

export interface Chart {
  readonly title: string
  readonly x: Axis
  readonly y: Axis
}

/** Places of numbers in the picture. */
export interface Places {
  readonly toX: (value: number) => number
  readonly toY: (value: number) => number
}

const width = 560
const height = 340
const plot = { left: 44, right: width - 12, top: 12, bottom: height - 40 }

/** A figure of HTML with two axes, and what is drawn between them. */
export function figure({ title, x, y }: Chart, draw: (places: Places) => readonly string[]): string {
  const [toX, toY] = [scale(x, plot.left, plot.right), scale(y, plot.bottom, plot.top)]
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
${draw({ toX, toY }).join('\n')}
</svg>
</figure>`
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
