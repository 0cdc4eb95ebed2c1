import { type Chart, figure, round } from './axes.ts'

/** A bar over a part of the x axis, and a number beside its own, which a stroke marks. */
export interface Bar {
  readonly from: number
  readonly to: number
  readonly value: number
  readonly mark?: number
  /** Told when pointed at. */
  readonly title: string
}

export interface BarChart extends Chart {
  readonly bars: readonly Bar[]
}

/** Bars as a figure of HTML, in the first hue, with marks in the second. */
export function barChart({ bars, ...chart }: BarChart): string {
  return figure(chart, ({ toX, toY }) =>
    bars.map(({ from, to, value, mark, title }) => {
      const [left, right, top, foot] = [toX(from) + 1, toX(to) - 1, toY(value), toY(chart.y.marks[0] as number)]
      const size = `width="${round(right - left)}" height="${round(foot - top)}"`
      const bar = `<rect class="bar hue-0" x="${left}" y="${top}" ${size}><title>${title}</title></rect>`
      if (mark === undefined) return bar
      return `${bar}<line class="line hue-1" x1="${left}" x2="${right}" y1="${toY(mark)}" y2="${toY(mark)}"/>`
    }),
  )
}
