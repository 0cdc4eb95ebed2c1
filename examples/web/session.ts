import type { LossName } from '../digits/losses.ts'
import type { Prepared } from '../digits/prepare.ts'
import { learningRate } from '../digits/train.ts'
import { type BackendName, Controls } from './controls.ts'
import { Dashboard } from './dashboard.ts'
import { Drawing } from './drawing.ts'
import { FrameLoop } from './frameLoop.ts'
import type { Machine } from './machines.ts'
import { Training } from './training.ts'

/** Steps between two looks at the test digits. */
const testEvery = 10

/** Epochs after which training rests if nobody touches the controls. */
const restAfter = 200

export interface SessionOptions {
  readonly dataset: Prepared
  readonly cpu: Machine
  readonly gpu: Machine | null
  /** Tells people what happens. */
  readonly say: (sentence: string) => void
}

/** The training that the page shows and its controls steer. */
export class Session {
  readonly #options: SessionOptions
  readonly #dashboard: Dashboard
  readonly #drawing: Drawing
  readonly #controls: Controls
  readonly #loop: FrameLoop
  #training: Training
  #gpu: Machine | null
  /** Whether people want it to run; a change may hold it up for a moment. */
  #wanted = true
  #restAt = restAfter
  #seed = 0
  /** Done when all changes asked for are made. */
  #changes: Promise<void> = Promise.resolve()

  constructor(options: SessionOptions) {
    const { dataset, cpu, gpu, say } = options
    this.#options = options
    this.#gpu = gpu
    const { backend } = gpu ?? cpu
    const loss: LossName = 'crossEntropy'
    this.#training = new Training(dataset, { backend, loss, learningRate, seed: this.#seed })
    this.#dashboard = new Dashboard({ classes: dataset.classes, examples: dataset.test.labels.shape[0] as number })
    this.#drawing = new Drawing({
      classes: dataset.classes,
      test: dataset.test,
      read: (pixels) => this.#read(pixels),
      say,
    })
    this.#loop = new FrameLoop(
      () => this.#step(),
      () => this.#frame(),
      (error) => this.#failed(error),
    )
    this.#controls = new Controls(
      { loss, backend: gpu ? 'webgpu' : 'cpu', learningRate, webgpu: gpu !== null },
      {
        pause: () => this.#pause('Paused.'),
        resume: () => this.#resume(),
        reset: () => this.#reset(),
        loss: (name) => this.#switchLoss(name),
        backend: (name) => this.#switchBackend(name),
        learningRate: (rate) => {
          this.#training.learningRate = rate
        },
      },
    )
  }

  /** Begins to train. */
  start(): void {
    const { gpu, cpu, say } = this.#options
    const { backend, adapter } = gpu ?? cpu
    say(`Making kernels for ${backend.name} …`)
    this.#change(async () => {
      await this.#begin()
      await this.#step()
      say(
        gpu
          ? `Training on webgpu: ${adapter}.`
          : 'This browser gives the page no WebGPU adapter, so the network trains on the CPU.',
      )
    })
  }

  async #step(): Promise<void> {
    const training = this.#training
    const loss = await training.step()
    this.#dashboard.stepped(loss, training.steps, training.epoch)
    if (!Number.isFinite(loss))
      return this.#pause('The loss is no longer a number: take a lower learning rate and start over.')
    if (training.steps % testEvery === 0) this.#dashboard.tested(await training.test())
    if (training.epoch > this.#restAt)
      this.#pause(`Paused after ${this.#restAt} epochs, to save power; Resume goes on.`)
  }

  #frame(): void {
    if (this.#dashboard.drawNowAndThen()) void this.#drawing.reread()
  }

  async #read(pixels: Float32Array): Promise<ArrayLike<number> | null> {
    try {
      return await this.#training.read(pixels)
    } catch (error) {
      this.#failed(error)
      return null
    }
  }

  #pause(sentence: string): void {
    this.#wanted = false
    this.#controls.showRunning(false)
    this.#options.say(sentence)
    this.#change(async () => this.#dashboard.rested())
  }

  #resume(): void {
    this.#wanted = true
    this.#controls.showRunning(true)
    this.#options.say(`Training on ${this.#training.backend.name}.`)
    this.#change(async () => {})
  }

  #reset(): void {
    this.#change(async () => {
      await this.#training.reset(++this.#seed)
      await this.#begin()
      this.#options.say(
        `The network has forgotten everything${this.#wanted ? ' and starts over' : '; Resume trains it anew'}.`,
      )
    })
  }

  #switchLoss(name: LossName): void {
    this.#change(async () => {
      this.#training.loss = name
      this.#dashboard.switchLoss(name)
      this.#options.say(`The network goes on with ${name}.`)
    })
  }

  #switchBackend(name: BackendName): void {
    this.#change(async () => {
      const machine = name === 'webgpu' && this.#gpu ? this.#gpu : this.#options.cpu
      if (machine.backend === this.#training.backend) return
      await this.#training.moveTo(machine.backend)
      this.#dashboard.showMachine(machine)
      this.#options.say(`The network has moved to ${machine.backend.name} with all that it has learned.`)
    })
  }

  /** Shows a network that has not learned yet. */
  async #begin(): Promise<void> {
    const { gpu, cpu } = this.#options
    const { loss, backend } = this.#training
    this.#dashboard.restart(loss)
    this.#dashboard.showMachine(backend === gpu?.backend ? gpu : cpu)
    this.#dashboard.tested(await this.#training.test())
    this.#frame()
  }

  /** Changes something between two steps. */
  #change(change: () => Promise<void>): void {
    this.#changes = this.#changes.then(async () => {
      try {
        await this.#loop.stop()
        await change()
        this.#restAt = this.#training.epoch + restAfter
        this.#dashboard.draw()
        void this.#drawing.reread()
        if (this.#wanted) this.#loop.start()
      } catch (error) {
        this.#failed(error)
      }
    })
  }

  /** A GPU can go away at any time, and what it held with it. */
  #failed(error: unknown): void {
    const { dataset, cpu, say } = this.#options
    const { backend, loss, learningRate } = this.#training
    if (backend === cpu.backend) {
      this.#pause(`Something went wrong: ${error instanceof Error ? error.message : error}`)
      reportError(error)
      return
    }
    if (backend !== this.#gpu?.backend) return
    this.#gpu = null
    this.#controls.withoutGpu()
    this.#change(async () => {
      this.#training = new Training(dataset, { backend: cpu.backend, loss, learningRate, seed: this.#seed })
      await this.#begin()
      say('The GPU is gone, and what the network had learned with it. It starts over on the CPU.')
    })
  }
}
