/** Milliseconds of each frame that work may take; the rest belongs to the page. */
const budget = 10

/**
 * Works in steps that may wait for a device, and gives the page its turn in each frame, so that it stays quick to answer.
 * A page that is hidden gets no frames, so the work rests.
 */
export class FrameLoop {
  readonly #step: () => Promise<void>
  readonly #frame: () => void
  readonly #failed: (error: unknown) => void
  #wanted = false
  #work: Promise<void> | null = null

  constructor(step: () => Promise<void>, frame: () => void, failed: (error: unknown) => void) {
    this.#step = step
    this.#frame = frame
    this.#failed = failed
  }

  start(): void {
    this.#wanted = true
    this.#work ??= this.#run()
  }

  /** Begins no other step; waits for the one under way. */
  async stop(): Promise<void> {
    this.#wanted = false
    await this.#work
  }

  async #run(): Promise<void> {
    try {
      while (this.#wanted) {
        await new Promise(requestAnimationFrame)
        const end = performance.now() + budget
        while (this.#wanted) {
          await this.#step()
          if (performance.now() >= end) break
        }
        this.#frame()
      }
    } catch (error) {
      this.#wanted = false
      this.#failed(error)
    } finally {
      this.#work = null
    }
  }
}
