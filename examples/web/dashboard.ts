import { count, number, percent } from '../digits/format.ts'
import type { LossName } from '../digits/losses.ts'
import { accuracyScale, logScale } from '../digits/report/scale.ts'
import { type ChartLine, drawChart } from './chart.ts'
import { confusionTable } from './confusionTable.ts'
import type { Curve } from './curve.ts'
import { byId } from './dom.ts'
import { History, type Segment } from './history.ts'
import { hueOf } from './hues.ts'
import type { Machine } from './machines.ts'
import { Speed } from './speed.ts'
import type { Tested } from './training.ts'

/** Milliseconds between two drawings of the curves; people who asked for less motion get fewer. */
const interval = matchMedia('(prefers-reduced-motion: reduce)').matches ? 1000 : 80

/** The part of the page that shows how training goes: numbers, curves, confusions. */
export class Dashboard {
  readonly #numbers = {
    accuracy: byId('accuracy', HTMLElement),
    loss: byId('loss', HTMLElement),
    step: byId('step', HTMLElement),
    epoch: byId('epoch', HTMLElement),
    speed: byId('speed', HTMLElement),
    backend: byId('backend', HTMLElement),
    adapter: byId('adapter', HTMLElement),
  }
  readonly #charts = {
    loss: byId('loss-chart', SVGSVGElement),
    accuracy: byId('accuracy-chart', SVGSVGElement),
  }
  readonly #showConfusions: ReturnType<typeof confusionTable>
  readonly #examples: number
  readonly #speed = new Speed()
  #history = new History()
  #drawn = Number.NEGATIVE_INFINITY
  #steps = 0
  #loss = Number.NaN
  #tested: Tested | null = null

  constructor({ classes, examples }: { readonly classes: number; readonly examples: number }) {
    this.#examples = examples
    this.#showConfusions = confusionTable(byId('confusion', HTMLTableElement), classes)
    byId('accuracy-of', HTMLElement).textContent = `of ${count(examples)} test digits read right`
    new ResizeObserver(() => this.draw()).observe(this.#charts.loss)
  }

  /** Begins anew, from step 0. */
  restart(lossName: LossName): void {
    this.#history = new History()
    this.#history.begin(lossName, 0)
    this.#steps = 0
    this.#loss = Number.NaN
    this.#tested = null
    this.#speed.clear()
    this.draw()
  }

  switchLoss(lossName: LossName): void {
    this.#history.begin(lossName, this.#steps)
  }

  showMachine({ backend, adapter }: Machine): void {
    this.#numbers.backend.textContent = backend.name
    this.#numbers.adapter.textContent = adapter
    if (this.#steps > 0) this.#history.mark(this.#steps, backend.name)
    this.#speed.clear()
  }

  stepped(loss: number, steps: number, epoch: number): void {
    this.#steps = steps
    this.#loss = loss
    this.#history.addLoss(steps, loss)
    this.#speed.record(performance.now())
    this.#numbers.epoch.textContent = count(epoch)
  }

  tested(tested: Tested): void {
    this.#tested = tested
    this.#history.addAccuracy(this.#steps, tested.accuracy)
  }

  /** What went by while nothing was done does not count. */
  rested(): void {
    this.#speed.clear()
  }

  /** Draws if the last drawing is some time ago, and says whether it did. */
  drawNowAndThen(): boolean {
    const due = performance.now() - this.#drawn >= interval
    if (due) this.draw()
    return due
  }

  draw(): void {
    this.#drawn = performance.now()
    const perSecond = this.#speed.perSecond()
    const { accuracy = Number.NaN, confusions } = this.#tested ?? {}
    this.#numbers.accuracy.textContent = this.#tested ? percent(accuracy) : '–'
    this.#numbers.loss.textContent = Number.isNaN(this.#loss) ? '–' : number(this.#loss)
    this.#numbers.step.textContent = count(this.#steps)
    this.#numbers.speed.textContent = perSecond === null ? '–' : number(perSecond)
    if (confusions) this.#showConfusions(confusions)
    const { segments, marks } = this.#history
    const values = (pick: (segment: Segment) => Curve): number[] =>
      segments.flatMap((segment) => pick(segment).points.map(({ mean }) => mean))
    const lines = (pick: (segment: Segment) => Curve): ChartLine[] =>
      segments.map((segment) => ({ points: pick(segment).points, look: hueOf(segment.lossName) }))
    drawChart(this.#charts.loss, {
      lines: lines(({ loss }) => loss),
      marks,
      scale: logScale(values(({ loss }) => loss)),
      steps: this.#steps,
      label: `Loss: ${this.#numbers.loss.textContent} after ${count(this.#steps)} steps`,
    })
    drawChart(this.#charts.accuracy, {
      lines: lines(({ accuracy }) => accuracy),
      marks,
      scale: accuracyScale(
        values(({ accuracy }) => accuracy),
        this.#examples,
      ),
      steps: this.#steps,
      label: `Test accuracy: ${this.#numbers.accuracy.textContent} after ${count(this.#steps)} steps`,
    })
  }
}
