import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Dataset } from '../dataset.ts'
import type { Fact } from '../facts.ts'
import { average, count, deviation, duration, number, percent } from '../format.ts'
import { finalOf } from '../results.ts'
import type { Run } from '../train.ts'
import { chart } from './chart.ts'
import { confusionTable } from './confusion.ts'
import { accuracyChart, legend, lossChart } from './curves.ts'
import { type Group, groupByLoss } from './group.ts'
import { escape } from './html.ts'
import { mistakes } from './mistakes.ts'

export interface Report {
  readonly dataset: Dataset
  /** The runs of each loss, all with the same seeds. */
  readonly runs: readonly Run[]
  /** What was done. */
  readonly facts: readonly Fact[]
}

const style = ['../theme.css', 'style.css']
  .map((file) => readFileSync(join(import.meta.dirname, file), 'utf8'))
  .join('\n')

/** The report as one page that needs nothing from outside. */
export function page({ dataset, runs, facts }: Report): string {
  const groups = groupByLoss(runs)
  const examples = dataset.test.labels.shape[0] as number
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>What the network learned: ${escape(dataset.name)}</title>
<style>
${style}</style>
</head>
<body>
<header>
<h1>What the network learned</h1>
<p>${count(examples)} examples were held back from training. Below is how many of them the network reads right, and which it does not.</p>
</header>
<main>
<section class="cards">
${groups.map((group) => scoreCard(group, examples)).join('\n')}
</section>
<section>
<h2>Learning curves</h2>
<p class="note">${legend(groups)} Rest the pointer on a curve to read its values.</p>
<div class="pair">
${chart(lossChart(groups))}
${chart(accuracyChart(groups, examples))}
</div>
</section>
<section>
<h2>What is taken for what</h2>
<p class="note">A row for each true class, a column for each class read; mistakes are orange.</p>
<div class="pair">
${groups.map((group) => confusionTable(group, dataset)).join('\n')}
</div>
</section>
<section>
<h2>What it misreads</h2>
<p class="note">What it is → what the network read${groups.length > 1 ? ', in the colour of the loss' : ''}.</p>
${mistakes(groups, dataset)}
</section>
<section>
<h2>How it was done</h2>
<dl class="facts">
${facts.map(([name, value]) => `<div><dt>${escape(name)}</dt><dd>${escape(value)}</dd></div>`).join('\n')}
</dl>
</section>
</main>
<footer>
<p>${escape(dataset.credit ?? '')}</p>
<p>Made with Wengert. This page stands alone: it loads nothing.</p>
</footer>
</body>
</html>
`
}

function scoreCard({ loss, runs, hue }: Group, examples: number): string {
  const scores = runs.map((run) => finalOf(run).accuracy)
  const several = runs.length > 1
  const wrong = average(scores.map((score) => (1 - score) * examples))
  const seconds = average(runs.map((run) => run.seconds))
  const epochs = average(runs.map((run) => run.epochs.length))
  const facts = [
    ['misread', `${several ? wrong.toFixed(1) : Math.round(wrong)} of ${count(examples)}`],
    ['test loss', number(average(runs.map((run) => finalOf(run).testLoss)))],
    ['time per epoch', duration(seconds / epochs)],
    [several ? 'time per run' : 'in all', duration(seconds)],
  ]
  return `<article class="card ${hue}">
<h2>${escape(loss)}</h2>
<p class="score">${percent(average(scores))}${several ? `<small>± ${percent(deviation(scores))}</small>` : ''}<span>of test examples right${several ? `: mean ± deviation of ${runs.length} seeds` : ''}</span></p>
<dl>${facts.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join('')}</dl>
</article>`
}
