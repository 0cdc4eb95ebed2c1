/** A label, and the place in pixels that it belongs to. */
export interface Label {
  readonly at: number
  readonly text: string
}

/** A label with the place where it stands. */
export interface PlacedLabel extends Label {
  readonly left: number
  /** Counted from the top. */
  readonly row: number
}

/** About how wide a letter is. */
const letter = 6.6

/** Labels from left to right, in the first row that has room, and to the left of their place at the right edge; the rest is left out. */
export function placeLabels(labels: readonly Label[], right: number, rows: number): PlacedLabel[] {
  const free = new Array<number>(rows).fill(Number.NEGATIVE_INFINITY)
  return labels.flatMap(({ at, text }) => {
    const width = letter * text.length
    const left = Math.min(at, right - width)
    const row = free.findIndex((end) => left >= end)
    if (row < 0) return []
    free[row] = left + width + letter
    return [{ at, text, left, row }]
  })
}
