import { html } from './dom.ts'

/** Fills a list with a bar for each class; returns what shows other shares in it, or none. */
export function bars(list: HTMLOListElement, classes: number): (shares: ArrayLike<number> | null) => void {
  const rows = Array.from({ length: classes }, (_, name) => {
    const fill = html('span', { class: 'fill' })
    const share = html('span', { class: 'share' })
    const row = html('li', {}, html('b', {}, String(name)), html('span', { class: 'track' }, fill), share)
    list.append(row)
    return { row, fill, share }
  })
  return (shares) => {
    const best = shares ? indexOfGreatest(shares) : -1
    rows.forEach(({ row, fill, share }, name) => {
      const percent = 100 * (shares?.[name] ?? 0)
      fill.style.width = `${percent.toFixed(1)}%`
      share.textContent = shares ? `${percent.toFixed(0)} %` : ''
      row.classList.toggle('best', name === best)
    })
  }
}

export function indexOfGreatest(values: ArrayLike<number>): number {
  let best = 0
  for (let i = 1; i < values.length; i++) if ((values[i] as number) > (values[best] as number)) best = i
  return best
}
