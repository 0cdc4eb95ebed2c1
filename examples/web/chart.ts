import { countTicks, type Scale } from '../digits/report/scale.ts'
import type { CurvePoint } from './curve.ts'
import { svg } from './dom.ts'
import type { Mark } from './history.ts'
import { placeLabels } from './labels.ts'

/** One line of a chart, and the CSS class of its colour. */
export interface ChartLine {
  readonly points: readonly CurvePoint[]
  readonly look: string
}

export interface ChartView {
  readonly lines: readonly ChartLine[]
  readonly marks: readonly Mark[]
  readonly scale: Scale
  /** Steps that the chart spans, from 0. */
  readonly steps: number
  /** What it shows, in words. */
  readonly label: string
}

const height = 220
const margin = { left: 54, right: 14, top: 36, bottom: 28 }

/** Curves over steps, drawn into an SVG at its size on the page. */
export function drawChart(into: SVGSVGElement, { lines, marks, scale, steps, label }: ChartView): void {
  const width = Math.max(200, into.clientWidth)
  const right = width - margin.right
  const bottom = height - margin.bottom
  const x = (step: number): number => margin.left + ((right - margin.left) * step) / Math.max(1, steps)
  const y = (value: number): number => bottom - (bottom - margin.top) * Math.min(1, scale.position(value))
  into.setAttribute('viewBox', `0 0 ${width} ${height}`)
  into.setAttribute('aria-label', label)
  into.replaceChildren(
    ...scale.ticks.flatMap(({ value, label }) => horizontal(y(value), margin.left, right, label)),
    ...countTicks(steps).map((step) =>
      svg('text', { class: 'tick', x: x(step), y: height - 6 }, step.toLocaleString('en-US')),
    ),
    ...markers(marks, x, bottom, right),
    ...lines.flatMap((line) => drawLine(line, x, y)),
    ...lines.slice(-1).flatMap((line) => drawEnd(line, x, y)),
  )
}

function horizontal(y: number, left: number, right: number, label: string): SVGElement[] {
  return [
    svg('line', { class: 'grid', x1: left, x2: right, y1: round(y), y2: round(y) }),
    svg('text', { class: 'tick side', x: left - 8, y: round(y + 4) }, label),
  ]
}

/** Lines where something was changed, with their labels above in two rows. */
function markers(marks: readonly Mark[], x: Position, bottom: number, right: number): SVGElement[] {
  const labels = placeLabels(
    marks.map(({ step, label }) => ({ at: round(x(step)), text: label })),
    right,
    2,
  )
  const tops = new Map(labels.map(({ at, row }) => [at, margin.top - 22 + 15 * row]))
  return [
    ...marks.map(({ step }) => {
      const at = round(x(step))
      return svg('line', { class: 'mark', x1: at, x2: at, y1: (tops.get(at) ?? margin.top) + 4, y2: bottom })
    }),
    ...labels.map(({ left, row, text }) =>
      svg('text', { class: 'mark', x: left, y: margin.top - 22 + 15 * row }, text),
    ),
  ]
}

type Position = (value: number) => number

/** The means as a line, and around it how far values went from it. */
function drawLine({ points, look }: ChartLine, x: Position, y: Position): SVGElement[] {
  const path = (value: (point: CurvePoint) => number): string[] =>
    points.map((point) => `${round(x(middle(point)))},${round(y(value(point)))}`)
  const above = path(({ greatest }) => greatest)
  const below = path(({ least }) => least).reverse()
  return [
    svg('polygon', { class: `range ${look}`, points: [...above, ...below].join(' ') }),
    svg('polyline', { class: `line ${look}`, points: path(({ mean }) => mean).join(' ') }),
  ]
}

/** A dot where training stands. */
function drawEnd({ points, look }: ChartLine, x: Position, y: Position): SVGElement[] {
  return points
    .slice(-1)
    .map((last) => svg('circle', { class: `end ${look}`, cx: round(x(middle(last))), cy: round(y(last.mean)), r: 3.5 }))
}

function middle({ from, to }: CurvePoint): number {
  return (from + to) / 2
}

function round(value: number): number {
  return Math.round(10 * value) / 10
}
