import {
  argMax,
  type Backend,
  compile,
  data,
  fold,
  key,
  leaves,
  mapTree,
  type State,
  softmax,
  state,
  type Tensor,
  type TypedArray,
  tensor,
} from '@wengert/core'
import { batches } from '@wengert/data'
import { confusions } from '../digits/confusions.ts'
import { type LossName, losses } from '../digits/losses.ts'
import { type Network, type NetworkParams, network } from '../digits/model.ts'
import type { Examples, Prepared } from '../digits/prepare.ts'
import { optimizerAt, step, type Trained } from '../digits/step.ts'

/** Examples in a step. */
export const batchSize = 64

export interface TrainingOptions {
  readonly backend: Backend
  readonly loss: LossName
  readonly learningRate: number
  /** Decides the parameters to start from and the order of examples. */
  readonly seed: number
}

/** How the network does on the test examples. */
export interface Tested {
  /** Share of them that it reads right. */
  readonly accuracy: number
  /** How often each class (row) was read as each (column). */
  readonly confusions: readonly (readonly number[])[]
}

/**
 * A network in training. Loss and learning rate may change from one step to the next, and it moves from one backend to
 * another with all that it has learned. Steps, moves and resets come one after another; it reads at any time.
 */
export class Training {
  loss: LossName
  learningRate: number
  #steps = 0
  #epoch = 0
  #backend: Backend
  #state: State<Trained>
  #batches: Iterator<Examples>
  #readers: Readers
  readonly #dataset: Prepared
  readonly #labels: TypedArray
  readonly #model: Network

  constructor(dataset: Prepared, { backend, loss, learningRate, seed }: TrainingOptions) {
    this.loss = loss
    this.learningRate = learningRate
    this.#dataset = dataset
    this.#labels = dataset.test.labels.dataSync()
    // Once read they lie on the host, for any backend to take.
    dataset.test.images.dataSync()
    this.#model = network(dataset)
    this.#backend = backend
    this.#state = state(this.#fresh(seed), { backend })
    this.#batches = this.#shuffled(seed)
    this.#readers = readersOn(backend, this.#model)
  }

  /** Steps made since the start. */
  get steps(): number {
    return this.#steps
  }

  /** Times through the training examples, the present one included. */
  get epoch(): number {
    return this.#epoch
  }

  get backend(): Backend {
    return this.#backend
  }

  /** Makes one step and returns the mean loss over its batch. */
  async step(): Promise<number> {
    const batch = this.#batches.next().value as Examples
    // The rate is a number that kernels get at run time: another one needs no other plan.
    const method = { model: this.#model, optimizer: optimizerAt(this.learningRate), loss: losses[this.loss] }
    const loss = await this.#state.update((trained) => step(trained, batch, method))
    this.#steps++
    return loss
  }

  /** Reads the test examples. */
  async test(): Promise<Tested> {
    const { test, classes } = this.#dataset
    const reads = await this.#readers.classes(this.#state.value.params, test.images).data({ backend: this.#backend })
    const counts = confusions(reads, this.#labels, classes)
    const right = counts.reduce((sum, row, digit) => sum + (row[digit] as number), 0)
    return { accuracy: right / this.#labels.length, confusions: counts }
  }

  /** How much the network takes a picture, pixels from 0 to 1, for each class; the shares sum to 1. */
  async read(pixels: Float32Array): Promise<TypedArray> {
    const picture = tensor(pixels, { shape: [1, pixels.length] })
    return this.#readers.shares(this.#state.value.params, picture).data({ backend: this.#backend })
  }

  /** Carries on with another backend. */
  async moveTo(backend: Backend): Promise<void> {
    const { value } = this.#state
    const numbers = await data(leaves(value), { backend: this.#backend })
    let next = 0
    const copy = mapTree(({ shape, dtype }) => tensor(numbers[next++] as TypedArray, { shape, dtype }), value)
    this.#state = state(copy, { backend })
    this.#readers = readersOn(backend, this.#model)
    this.#backend = backend
  }

  /** Forgets everything and starts with another seed. */
  async reset(seed: number): Promise<void> {
    await this.#state.update(() => [this.#fresh(seed), []])
    this.#batches = this.#shuffled(seed)
    this.#steps = 0
    this.#epoch = 0
  }

  #fresh(seed: number): Trained {
    const params = this.#model.init(fold(key(seed), 0))
    return { params, opt: optimizerAt(this.learningRate).init(params) }
  }

  *#shuffled(seed: number): Generator<Examples, never> {
    for (;;) {
      this.#epoch++
      // Batches of one size, so that all steps share a plan.
      yield* batches(this.#dataset.train, { size: batchSize, key: fold(key(seed), this.#epoch), dropLast: true })
    }
  }
}

type Readers = ReturnType<typeof readersOn>

function readersOn(backend: Backend, model: Network) {
  const classes = (params: NetworkParams, images: Tensor): Tensor => argMax(model.apply(params, images))
  const shares = (params: NetworkParams, images: Tensor): Tensor => softmax(model.apply(params, images))
  return { classes: compile(classes, { backend }), shares: compile(shares, { backend }) }
}
