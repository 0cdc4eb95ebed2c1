import { type Chart, figure } from './axes.ts'

/** Points that a line goes through, in order. */
export interface Series {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
}

export interface LineChart extends Chart {
  readonly series: readonly Series[]
}

/** Lines as a figure of HTML, each in the hue of its position. */
export function lineChart({ series, ...chart }: LineChart): string {
  return figure(chart, ({ toX, toY }) =>
    series.map(({ name, points }, i) => {
      const places = points.map(([a, b]) => `${toX(a)},${toY(b)}`)
      return `<polyline class="line hue-${i}" points="${places.join(' ')}"><title>${name}</title></polyline>`
    }),
  )
}

/** From 0 to at least a bound in at most six equal steps of 1, 2 or 5 times a power of ten. */
export function evenly(bound: number): number[] {
  const power = 10 ** Math.floor(Math.log10(bound / 6))
  const step = [1, 2, 5].map((n) => n * power).find((n) => n * 6 >= bound) ?? 10 * power
  return Array.from({ length: Math.ceil(bound / step) + 1 }, (_, n) => Number((n * step).toPrecision(12)))
}
