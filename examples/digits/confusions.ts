/** How often each class (row) was read as each (column). */
export function confusions(reads: ArrayLike<number>, labels: ArrayLike<number>, classes: number): number[][] {
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
  for (let i = 0; i < labels.length; i++) {
    const row = counts[labels[i] as number] as number[]
    const read = reads[i] as number
    row[read] = (row[read] as number) + 1
  }
  return counts
}
