/** How often something happens, by what happened in the last second or two. */
export class Speed {
  #times: number[] = []

  /** Records an event at a time in milliseconds. */
  record(now: number): void {
    this.#times.push(now)
    // The last two are kept whatever their age, so that what is slow has a speed too.
    while (this.#times.length > 2 && now - (this.#times[0] as number) > 1500) this.#times.shift()
  }

  /** Events in a second; null before there are two. */
  perSecond(): number | null {
    const [first = 0] = this.#times
    const last = this.#times.at(-1) ?? 0
    return last > first ? (1000 * (this.#times.length - 1)) / (last - first) : null
  }

  /** Forgets what was, as after a pause. */
  clear(): void {
    this.#times = []
  }
}
