/** A page that loads nothing. */
export function htmlPage({ title, body }: { readonly title: string; readonly body: string }): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>
${style}</style>
</head>
<body>
<h1>${title}</h1>
${body}
</body>
</html>
`
}

/** The names of the hues in charts. */
export function legend(names: readonly string[]): string {
  return `<p class="legend">${names.map((name, i) => `<span class="hue-${i}">${name}</span>`).join(' ')}</p>`
}

/** Rows of cells below headers; the first cell of a row is its name. */
export function table(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = headers.map((header) => `<th scope="col">${header}</th>`).join('')
  const lines = rows.map(
    ([name = '', ...cells]) =>
      `<tr><th scope="row">${name}</th>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`,
  )
  return `<table>
<thead><tr>${head}</tr></thead>
<tbody>
${lines.join('\n')}
</tbody>
</table>`
}

const style = `:root {
  color-scheme: light dark;
  --page: #f6f5f2; --card: #fff; --ink: #1d2126; --soft: #5c6470; --line: #dfe1e5;
  --hue-0: #0067a8; --hue-1: #b84c08; --hue-2: #007d5c; --hue-3: #8a4fbf;
  --hue-4: #a3306e; --hue-5: #6b6f00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171b; --card: #1e2227; --ink: #e8eaed; --soft: #9aa3af; --line: #333941;
    --hue-0: #6cb8f0; --hue-1: #f5a35c; --hue-2: #4cc9a0; --hue-3: #c79bf0;
    --hue-4: #f08ac0; --hue-5: #c9c94c;
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
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; font-size: 13px; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
text { fill: var(--soft); font-size: 13px; }
.tick { text-anchor: middle; }
.side { text-anchor: end; }
.grid { stroke: var(--line); }
.line { fill: none; stroke: var(--hue); stroke-width: 2; }
.bar { fill: var(--hue); fill-opacity: 0.55; }
.dot { fill: var(--hue); stroke: var(--card); stroke-width: 1.5; }
.region { fill: var(--hue); fill-opacity: 0.16; }
table { margin-top: 1rem; border-collapse: collapse; background: var(--card); border-radius: 8px; }
th, td { padding: 0.3rem 0.9rem; border-bottom: 1px solid var(--line); text-align: right; font-variant-numeric: tabular-nums; }
th[scope='row'] { text-align: left; font-weight: normal; }
.legend span { margin-right: 1rem; white-space: nowrap; border-bottom: 3px solid var(--hue); }
.hue-0 { --hue: var(--hue-0); }
.hue-1 { --hue: var(--hue-1); }
.hue-2 { --hue: var(--hue-2); }
.hue-3 { --hue: var(--hue-3); }
.hue-4 { --hue: var(--hue-4); }
.hue-5 { --hue: var(--hue-5); }
`
