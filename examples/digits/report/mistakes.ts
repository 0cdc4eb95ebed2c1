import type { Dataset } from '../dataset.ts'
import type { Group } from './group.ts'
import { escape } from './html.ts'
import { pngUrl } from './png.ts'

interface Mistake {
  /** Position among the test examples. */
  readonly example: number
  /** For each loss the wrong classes read, and in how many runs. */
  readonly reads: readonly ReadonlyMap<number, number>[]
  /** Number of runs that got it wrong. */
  readonly runs: number
}

/** More pictures than this nobody looks at. */
const most = 72

/** The test examples that were misread, as pictures, in sections by the losses after which they were. */
export function mistakes(groups: readonly Group[], { test, height, width }: Dataset): string {
  const labels = test.labels.dataSync()
  const pixels = test.images.dataSync()
  const found = mistakesOf(groups, labels)
  const worst = new Set(found.toSorted((a, b) => b.runs - a.runs).slice(0, most))
  const card = ({ example, reads }: Mistake): string => {
    const size = height * width
    const image = pngUrl(pixels.subarray(example * size, (example + 1) * size), height, width)
    const read = reads
      .map((classes, at) => classes.size > 0 && `<span class="read ${groups[at]?.hue}">${showReads(classes)}</span>`)
      .filter(Boolean)
    return (
      `<figure class="digit"><img src="${image}" alt="test example ${example + 1}, a ${labels[example]}">` +
      `<figcaption><span>${labels[example]} →</span>${read.join('')}</figcaption></figure>`
    )
  }
  const sections = sectionsOf(found, groups).map(
    ([title, members]) =>
      (title && `<h3>${title} <small>${members.length}</small></h3>`) +
      `<div class="digits">${members
        .filter((mistake) => worst.has(mistake))
        .map(card)
        .join('\n')}</div>`,
  )
  const rest = found.length - worst.size
  const note =
    found.length === 0 ? 'There are none.' : rest > 0 ? `${rest} more, misread less often, are not shown.` : ''
  return `${sections.join('\n')}${note ? `<p class="note">${note}</p>` : ''}`
}

function mistakesOf(groups: readonly Group[], labels: ArrayLike<number>): Mistake[] {
  const found: Mistake[] = []
  for (let example = 0; example < labels.length; example++) {
    let wrong = 0
    const reads = groups.map(({ runs }) => {
      const classes = new Map<number, number>()
      for (const { predictions } of runs) {
        const read = predictions[example] as number
        if (read === labels[example]) continue
        classes.set(read, (classes.get(read) ?? 0) + 1)
        wrong++
      }
      return classes
    })
    if (wrong > 0) found.push({ example, reads, runs: wrong })
  }
  return found
}

/** The mistakes made after all losses, then those made after some only; each with a title. */
function sectionsOf(found: readonly Mistake[], groups: readonly Group[]): [title: string, members: Mistake[]][] {
  const common = found.filter(({ reads }) => reads.every(({ size }) => size > 0))
  const others = found.filter((mistake) => !common.includes(mistake))
  const sections: [string, Mistake[]][] = [[groups.length > 1 ? 'After both losses' : '', common]]
  groups.forEach(({ loss, hue }, at) => {
    const title = `After <span class="name ${hue}">${escape(loss)}</span> only`
    sections.push([title, others.filter(({ reads }) => reads[at]?.size)])
  })
  return sections.filter(([, members]) => members.length > 0)
}

function showReads(classes: ReadonlyMap<number, number>): string {
  return [...classes]
    .toSorted((a, b) => b[1] - a[1])
    .map(([read, times]) => `${read}${times > 1 ? `<small> × ${times}</small>` : ''}`)
    .join(' ')
}
