import { count, number } from '../digits/format.ts'
import { escape } from '../digits/report/html.ts'
import { htmlPage, legend, table } from '../report/htmlPage.ts'
import { evenly, lineChart } from '../report/lineChart.ts'
import type { Point } from './checkpoint.ts'
import type { Settings } from './training.ts'

export interface Page {
  /** Where the text comes from. */
  readonly name: string
  /** Characters learned from and held back. */
  readonly sizes: readonly [train: number, held: number]
  readonly alphabet: readonly string[]
  /** Numbers in the model. */
  readonly parameters: number
  readonly settings: Settings
  readonly points: readonly Point[]
}

/** The curve of the loss, and what the model wrote on the way. */
export function page({ name, sizes: [train, held], alphabet, parameters, settings, points }: Page): string {
  const { features, heads, layers, context, batch } = settings
  const last = points.at(-1) as Point
  const highest = Math.max(...points.flatMap((point) => [point.loss, point.held]))
  const curve = (of: 'loss' | 'held') => points.map((point) => [point.step, point[of]] as const)
  const chart = lineChart({
    title: 'nats per character',
    x: { marks: evenly(last.step), label: 'steps' },
    y: { marks: evenly(highest) },
    series: [
      { name: 'learned from', points: curve('loss') },
      { name: 'held back', points: curve('held') },
    ],
  })
  const rows = points.map(({ step, loss, held, minutes, processor }) => [
    count(step),
    ...[minutes, processor].map((time) => time.toFixed(1)),
    ...[loss, held].map((nats) => nats.toFixed(3)),
  ])
  const written = ({ step, held, sample }: Point): string =>
    `<figure><figcaption>after ${count(step)} steps, ${number(held)} nats</figcaption><pre>${escape(sample)}</pre></figure>`
  const early = [0.05, 0.15, 0.4].map((share) => points[Math.ceil(share * points.length) - 1] as Point)
  return htmlPage({
    title: `A transformer that writes like ${escape(name)}`,
    body: `<p>${layers} layers of ${features} features and ${heads} heads, ${count(parameters)} numbers in all, learn ${count(train)} characters of
${escape(name)} from windows of ${context}, ${batch} in a step: which of ${alphabet.length} characters comes next? After ${last.minutes.toFixed(1)} minutes, ${last.processor.toFixed(1)} of the
processor, the loss of windows of the ${count(held)} characters that were held back, in blocks from all over the text, is ${last.held.toFixed(3)} nats per character, or ${(last.held / Math.LN2).toFixed(3)} bits;
not to know anything costs ${Math.log(alphabet.length).toFixed(3)} nats.</p>
${legend(['learned from', 'held back'])}
<div class="row">
${chart}
${written(last)}
</div>
<h2>What it wrote before</h2>
<div class="row">
${[...new Set(early)].map(written).join('\n')}
</div>
<h2>All measurements</h2>
${table(['steps', 'minutes', 'of the processor', 'learned from', 'held back'], rows)}`,
  })
}
