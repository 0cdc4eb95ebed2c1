import { average, number, percent } from '../format.ts'
import type { Epoch } from '../train.ts'
import type { Chart, Series } from './chart.ts'
import type { Group } from './group.ts'
import { escape } from './html.ts'
import { accuracyScale, logScale } from './scale.ts'

export function legend(groups: readonly Group[]): string {
  const names = groups.map(({ loss, hue }) => `<span class="name ${hue}">${escape(loss)}</span>`)
  return `${names.join(' ')} <span class="key">test</span> <span class="key dashed">training</span>`
}

/** The losses of all runs, which are of unlike size and fall by factors. */
export function lossChart(groups: readonly Group[]): Chart {
  const training = groups.flatMap((group) =>
    curves(group, ({ trainLoss }) => trainLoss, ', training', 'dashed', number),
  )
  const test = groups.flatMap((group) => curves(group, ({ testLoss }) => testLoss, ', test', '', number))
  const series = [...training, ...test]
  return {
    title: 'Loss',
    note: 'logarithmic; each run by its own loss',
    series,
    scale: logScale(series.flatMap(({ values }) => values)),
    reading: 'top',
  }
}

export function accuracyChart(groups: readonly Group[], examples: number): Chart {
  const series = groups.flatMap((group) => curves(group, ({ accuracy }) => accuracy, '', '', percent))
  return {
    title: 'Test accuracy',
    note: 'equal steps for equal factors of error',
    series,
    scale: accuracyScale(
      series.flatMap(({ values }) => values),
      examples,
    ),
    reading: 'bottom',
  }
}

/** One curve; where there are several seeds, one for each and their mean. */
function curves(
  { loss, hue, runs }: Group,
  value: (epoch: Epoch) => number,
  suffix: string,
  look: string,
  show: (value: number) => string,
): Series[] {
  const each = runs.map(({ epochs }) => epochs.map(value))
  const mean = (each[0] ?? []).map((_, epoch) => average(each.map((values) => values[epoch] as number)))
  const faint = each.length > 1 ? each.map((values) => ({ name: loss, values, look: `${hue} ${look} faint` })) : []
  return [...faint, { name: `${loss}${suffix}`, values: mean, look: `${hue} ${look}`, show }]
}
