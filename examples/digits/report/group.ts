import type { LossName } from '../losses.ts'
import { byLoss } from '../results.ts'
import type { Run } from '../train.ts'

/** The runs with one loss, and the CSS class of the colour in which the report shows them. */
export interface Group {
  readonly loss: LossName
  readonly hue: string
  readonly runs: readonly Run[]
}

export function groupByLoss(runs: readonly Run[]): Group[] {
  return byLoss(runs).map((group, place) => ({ loss: (group[0] as Run).loss, hue: `hue-${place}`, runs: group }))
}
