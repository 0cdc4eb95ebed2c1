import { average, deviation, duration, number } from './format.ts'
import { table } from './table.ts'
import type { Epoch, Run } from './train.ts'

/** The state at the end of a run. */
export function finalOf({ epochs }: Run): Epoch {
  return epochs.at(-1) as Epoch
}

/** The runs of each loss, in the order in which they were made. */
export function byLoss(runs: readonly Run[]): Run[][] {
  const losses = new Set(runs.map(({ loss }) => loss))
  return [...losses].map((name) => runs.filter(({ loss }) => loss === name))
}

/** A line for each loss: how well it did and how long it took. Mean ± standard deviation where there are several seeds. */
export function resultTable(runs: readonly Run[]): string {
  const rows = byLoss(runs).map((group) => {
    const losses = group.map((run) => finalOf(run).testLoss)
    const accuracies = group.map((run) => 100 * finalOf(run).accuracy)
    const seconds = group.map((run) => run.seconds)
    const epochs = average(group.map((run) => run.epochs.length))
    return [
      (group[0] as Run).loss,
      spread(losses, number(average(losses))),
      `${spread(accuracies, average(accuracies).toFixed(1))} %`,
      duration(average(seconds) / epochs),
      duration(average(seconds) * group.length),
    ]
  })
  return table([['loss', 'test loss', 'test accuracy', 'time per epoch', 'total'], ...rows])
}

/** The mean as it is shown, with the deviation to as many decimals. */
function spread(values: readonly number[], mean: string): string {
  const decimals = mean.split('.')[1]?.length ?? 0
  return values.length > 1 ? `${mean} ± ${deviation(values).toFixed(decimals)}` : mean
}
