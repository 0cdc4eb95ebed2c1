/** What was recorded over a stretch of steps. */
export interface CurvePoint {
  readonly from: number
  readonly to: number
  readonly mean: number
  readonly least: number
  readonly greatest: number
  /** Values that it stands for. */
  readonly count: number
}

/** A record of values over steps that never grows beyond a number of points: when it is full, each two become one. */
export class Curve {
  readonly #capacity: number
  #points: CurvePoint[] = []
  /** Values that a point stands for before the next is begun. */
  #span = 1

  constructor(capacity = 200) {
    this.#capacity = capacity
  }

  get points(): readonly CurvePoint[] {
    return this.#points
  }

  /** Records a value; steps come in order. */
  add(step: number, value: number): void {
    const point = { from: step, to: step, mean: value, least: value, greatest: value, count: 1 }
    const last = this.#points.at(-1)
    if (last && last.count < this.#span) {
      this.#points[this.#points.length - 1] = merged(last, point)
      return
    }
    this.#points.push(point)
    if (this.#points.length <= this.#capacity) return
    const all = this.#points
    this.#points = []
    for (let i = 0; i < all.length; i += 2) {
      const [a, b] = [all[i] as CurvePoint, all[i + 1]]
      this.#points.push(b ? merged(a, b) : a)
    }
    this.#span *= 2
  }
}

function merged(a: CurvePoint, b: CurvePoint): CurvePoint {
  const count = a.count + b.count
  return {
    from: a.from,
    to: b.to,
    mean: (a.mean * a.count + b.mean * b.count) / count,
    least: Math.min(a.least, b.least),
    greatest: Math.max(a.greatest, b.greatest),
    count,
  }
}
