import { checkCount, checkOption } from '@wengert/core'

export interface ProgressOptions {
  /** Units of work in all; without it there is no remaining time. */
  readonly total?: number
  /** Seconds over which the rate is averaged: what is further back counts less and less. @default 15 */
  readonly span?: number
  /** A clock in milliseconds. @default performance.now */
  readonly now?: () => number
}

/** How far work has come. */
export interface Progress {
  readonly done: number
  /** Units in all; null where that is not known. */
  readonly total: number | null
  /** Seconds since the start. */
  readonly elapsed: number
  /** Units a second, of late; 0 before the first is done. */
  readonly rate: number
  /** Seconds that the rest will take at that rate; null where total or rate are not known. */
  readonly remaining: number | null
}

/** Counts work as it is done. */
export interface ProgressMeter {
  /** Some more units are done; says how far that is. */
  advance(units?: number): Progress
}

/**
 * A meter for work that takes long, such as the steps of a training: it counts, measures the rate and estimates the
 * time that remains. It prints nothing; `progressLine` makes a line of what it says.
 *
 *     rate = Σ nᵢ e^(−aᵢ / span) / Σ tᵢ e^(−aᵢ / span)   for advances of nᵢ units in tᵢ seconds, aᵢ seconds ago
 *
 * So a pause is forgotten after a few spans, and work at a constant rate shows just that rate from the start.
 *
 * @example
 * const seconds = [0, 2, 4]
 * const meter = progress({ total: 100, now: () => 1000 * (seconds.shift() ?? 0) })
 * meter.advance(10)
 * meter.advance(10).remaining // 16
 */
export function progress({ total, span = 15, now = () => performance.now() }: ProgressOptions = {}): ProgressMeter {
  if (total !== undefined) checkCount('progress', 'total', total, 0)
  checkOption('progress', 'span', span, span > 0, 'greater than 0')
  const start = now()
  let last = start
  let done = 0
  let [units, seconds] = [0, 0]
  return {
    advance(more = 1) {
      checkOption('advance', 'units', more, more >= 0, 'at least 0')
      const time = now()
      const passed = Math.max(0, time - last) / 1000
      const kept = Math.exp(-passed / span)
      units = units * kept + more
      seconds = seconds * kept + passed
      last = time
      done += more
      const rate = seconds > 0 ? units / seconds : 0
      return {
        done,
        total: total ?? null,
        elapsed: (time - start) / 1000,
        rate,
        remaining: total === undefined || rate === 0 ? null : Math.max(0, total - done) / rate,
      }
    },
  }
}

export interface ProgressLineOptions {
  /** What stands in front. @default nothing */
  readonly name?: string
  /** What the units are. @default nothing */
  readonly unit?: string
  /** What stands behind, such as the loss. @default nothing */
  readonly news?: string
  /** Characters in the line; what is longer is cut off, since a line that wraps cannot be drawn over. @default 80 */
  readonly width?: number
}

/**
 * One line that tells how far work has come, for a terminal or a log: count, a bar where the total is known, rate and
 * remaining time. In a terminal write `'\r' + line.padEnd(width)` each time; in a log, write a line now and then.
 *
 * @example
 * const far = { done: 30, total: 120, elapsed: 15, rate: 2, remaining: 45 }
 * progressLine(far, { unit: 'steps' }).length // 80
 */
export function progressLine(
  { done, total, elapsed, rate, remaining }: Progress,
  { name = '', unit = '', news = '', width = 80 }: ProgressLineOptions = {},
): string {
  const count = total === null ? String(done) : `${String(done).padStart(String(total).length)}/${total}`
  const times = remaining === null ? duration(elapsed) : `${duration(elapsed)} + ${duration(remaining)}`
  const front = name && `${name}  `
  const back = `  ${count}${unit && ` ${unit}`}  ${short(rate)}/s  ${times}${news && `  ${news}`}`
  if (total === null) return (front + back.trimStart()).slice(0, width)
  const cells = Math.max(8, width - front.length - back.length)
  const full = Math.round(cells * Math.min(1, total === 0 ? 1 : done / total))
  return `${front}${'█'.repeat(full)}${'░'.repeat(cells - full)}${back}`.slice(0, width)
}

/** `1:02:03`, `2:03` or `3.5 s`. */
function duration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const two = (n: number): string => String(n).padStart(2, '0')
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}

/** Three digits and a letter for thousands: `12.3k`. */
function short(rate: number): string {
  const power = rate < 999.5 ? 0 : rate < 999_500 ? 1 : 2
  const scaled = rate / 1000 ** power
  return `${scaled < 99.95 ? Number(scaled.toPrecision(3)) : Math.round(scaled)}${['', 'k', 'M'][power]}`
}
