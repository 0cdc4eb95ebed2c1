import type { WriteStream } from 'node:tty'

/** A bar that fills as work is done. Where nobody watches, as in a log, a line now and then. */
export interface Progress {
  /** One more step is done; `news` says how things stand. */
  step(news: string): void
}

const cells = 24
/** Lines that stand in for the bar in a log. */
const lines = 5

export function progress(name: string, steps: number, out: WriteStream = process.stdout): Progress {
  const every = Math.ceil(steps / lines)
  let done = 0
  return {
    step(news) {
      done++
      const count = `${String(done).padStart(String(steps).length)}/${steps}`
      if (!out.isTTY) {
        if (done % every === 0 || done === steps) out.write(`${name}  epoch ${count}  ${news}\n`)
        return
      }
      const full = Math.round((cells * done) / steps)
      const line = `${name}  ${'█'.repeat(full)}${'░'.repeat(cells - full)}  ${count}  ${news}`
      // A line that wraps could not be drawn over.
      out.write(`\r\x1b[2K${line.slice(0, (out.columns || 80) - 1)}${done === steps ? '\n' : ''}`)
    },
  }
}
