import { barChart } from '../report/barChart.ts'
import { htmlPage, legend, table } from '../report/htmlPage.ts'

/** How the predictions of one calibrator fare on one set of digits. */
export interface Outcome {
  readonly name: string
  readonly accuracy: number
  readonly calibrationError: number
  readonly brier: number
  readonly crossEntropy: number
  /** Of each bin of confidence, in order. */
  readonly bins: readonly { readonly count: number; readonly confidence: number; readonly accuracy: number }[]
}

export interface Page {
  /** Number of digits that the network has learned from. */
  readonly few: number
  /** Number of pictures to calibrate on. */
  readonly heldBack: number
  readonly found: readonly { readonly kind: string; readonly count: number; readonly outcomes: readonly Outcome[] }[]
}

export const headers = ['calibration error', 'Brier score', 'cross-entropy', 'read right']

/** The numbers of an outcome below these headers. */
export function cells({ calibrationError, brier, crossEntropy, accuracy }: Outcome): string[] {
  return [calibrationError, brier, crossEntropy, accuracy].map((value) => value.toFixed(3))
}

/** Reliability diagrams and the numbers that sum them up. */
export function page({ few, heldBack, found }: Page): string {
  const tenths = [0, 0.2, 0.4, 0.6, 0.8, 1]
  const sections = found.map(({ kind, count, outcomes }) => {
    const charts = outcomes.map(({ name, bins }) =>
      barChart({
        title: name,
        x: { marks: tenths, label: 'confidence' },
        y: { marks: tenths },
        bars: bins.flatMap(({ count, confidence, accuracy }, i) => {
          const title = `${count} digits, confidence ${confidence.toFixed(3)}, right ${accuracy.toFixed(3)}`
          const place = { from: i / bins.length, to: (i + 1) / bins.length }
          return count > 0 ? [{ ...place, value: accuracy, mark: confidence, title }] : []
        }),
      }),
    )
    return `<h2>${count} ${kind}</h2>
<div class="row">
${charts.join('\n')}
</div>
${table(
  ['', ...headers],
  outcomes.map((outcome) => [outcome.name, ...cells(outcome)]),
)}`
  })
  return htmlPage({
    title: 'How sure is the classifier?',
    body: `<p>A small network has learned ${few} digits by heart, and is surer of others than it should be, above all where there is noise over them.
Each diagram sorts digits into bins by the greatest probability, the confidence; a bar is the share of a bin that was read right, a stroke
its mean confidence. Where the stroke lies above the bar, the network is too sure.</p>
${legend(['read right', 'mean confidence'])}
${sections.join('\n')}
<p>All are calibrated on ${heldBack} pictures held back, half of them with noise. Temperature scaling divides all logits by one number, which does best by
cross-entropy there. By views, the logits of each digit are divided by a number of its own, from what the network makes of the same digit
shifted to both sides and blurred; it is learned with the correctness-aware loss. Balanced, digits read right and digits read wrong weigh the
same in total, as if half of all were read wrong, so the network becomes too unsure. None of these changes which digit is read. The calibration
error is the mean distance of stroke and bar; the Brier score and the cross-entropy tell how good the probabilities are in all.</p>`,
  })
}
