import { chart } from './chart.ts'
import { plane, type Regions } from './plane.ts'
import type { Point } from './points.ts'

/** How one loss went. */
export interface Run {
  readonly name: string
  /** Degrees between the weights and the hard-margin ones, after each of the steps. */
  readonly angles: readonly number[]
  /** Norm of the weights, in norms of the hard-margin ones. */
  readonly norms: readonly number[]
}

export interface Page {
  readonly steps: readonly number[]
  readonly runs: readonly Run[]
  readonly regions: readonly Regions[]
  readonly points: readonly Point[]
}

/** All of it as one page that loads nothing. */
export function page({ steps, runs, regions, points }: Page): string {
  const curves = (title: string, of: (run: Run) => readonly number[]): string =>
    chart({
      title,
      steps,
      series: runs.map((run) => ({ name: run.name, values: of(run) })),
      marks: evenly(Math.max(...runs.flatMap(of))),
    })
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The implicit bias of gradient descent</title>
<style>
${style}</style>
</head>
<body>
<h1>The implicit bias of gradient descent</h1>
<p>Ten points, three classes, a linear classifier, and nothing that holds its weights down. Among all weights that tell
the classes apart, gradient descent on a loss with an exponential tail comes ever nearer to those of the hard-margin
classifier, as slowly as 1 over the logarithm of the steps. A hinge stops where it is content.</p>
<p class="legend">${runs.map(({ name }, i) => `<span class="hue-${i}">${name}</span>`).join(' ')}</p>
<div class="row">
${curves('Degrees from the hard-margin classifier', ({ angles }) => angles)}
${curves('Norm of the weights, in norms of the hard-margin ones', ({ norms }) => norms)}
</div>
<p>What the classifier reads where, with ${runs[0]?.name} after more and more steps, and with the hard margin:</p>
<div class="row">
${regions.map((each) => plane(each, points)).join('\n')}
</div>
</body>
</html>
`
}

/** From 0 to at least a bound in at most six equal steps of 1, 2 or 5. */
function evenly(bound: number): number[] {
  const step = [1, 2, 5, 10, 20, 50].find((n) => n * 6 >= bound) ?? 100
  return Array.from({ length: Math.ceil(bound / step) + 1 }, (_, n) => n * step)
}

const style = `:root {
  color-scheme: light dark;
  --page: #f6f5f2; --card: #fff; --ink: #1d2126; --soft: #5c6470; --line: #dfe1e5;
  --hue-0: #0067a8; --hue-1: #b84c08; --hue-2: #007d5c; --hue-3: #8a4fbf;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171b; --card: #1e2227; --ink: #e8eaed; --soft: #9aa3af; --line: #333941;
    --hue-0: #6cb8f0; --hue-1: #f5a35c; --hue-2: #4cc9a0; --hue-3: #c79bf0;
  }
}
body {
  margin: 0 auto; max-width: 1180px; padding: 1.5rem;
  background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif;
}
p { max-width: 46rem; }
.row { display: flex; flex-wrap: wrap; gap: 1rem; }
figure { flex: 1 1 200px; margin: 0; padding: 0.8rem; border-radius: 8px; background: var(--card); }
figcaption { margin-bottom: 0.4rem; }
svg { display: block; width: 100%; height: auto; }
text { fill: var(--soft); font-size: 13px; }
.tick { text-anchor: middle; }
.side { text-anchor: end; }
.grid { stroke: var(--line); }
.line { fill: none; stroke: var(--hue); stroke-width: 2; }
.dot { fill: var(--hue); stroke: var(--card); stroke-width: 1.5; }
.region { fill: var(--hue); fill-opacity: 0.16; }
.legend span { margin-right: 1rem; border-bottom: 3px solid var(--hue); }
.hue-0 { --hue: var(--hue-0); }
.hue-1 { --hue: var(--hue-1); }
.hue-2 { --hue: var(--hue-2); }
.hue-3 { --hue: var(--hue-3); }
`
