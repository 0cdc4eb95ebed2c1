import type { Memory } from './engine.ts'
import { type Product, productFields, productsOn } from './products.ts'

/** Products that lie on the desk at most. */
const most = 1024

// Places of numbers.
const epoch = 0
const left = 1
const done = 2
const failed = 3
const first = 8

const productLength = productFields.length

/** Bytes of what threads share. */
export const deskBytes: number = 4 * (first + most * productLength)

/** How often a thread looks for work before it sleeps: some tens of microseconds. */
const patience = 3000

type Compute = (product: Product) => void

/**
 * Where threads that work on one memory find products: each takes the last until none is left. Products are put down while
 * the count says that there is none.
 */
export class Desk {
  readonly #numbers: Int32Array<ArrayBufferLike>

  constructor({ buffer }: Memory, at: number) {
    this.#numbers = new Int32Array(buffer, at, deskBytes / 4)
  }

  /** Makes it an empty desk, whatever lay there; before there are threads. */
  clear(): void {
    this.#numbers.fill(0)
  }

  /** Hands products out, helps with them, and returns when all are done. */
  finish(products: readonly Product[], compute: Compute): void {
    const numbers = this.#numbers
    for (let from = 0; from < products.length; from += most) {
      const part = products.slice(from, from + most)
      for (const [i, product] of part.entries()) write(numbers, first + i * productLength, product)
      Atomics.store(numbers, done, 0)
      Atomics.store(numbers, left, part.length)
      Atomics.add(numbers, epoch, 1)
      Atomics.notify(numbers, epoch)
      this.#work(compute)
      while (Atomics.load(numbers, done) < part.length);
      if (Atomics.load(numbers, failed)) throw new Error('internal: a thread of backend-cpu has failed')
    }
  }

  /** Works on what is handed out, for ever. */
  serve(compute: Compute): never {
    const numbers = this.#numbers
    for (let seen = Atomics.load(numbers, epoch); ; seen = Atomics.load(numbers, epoch)) {
      this.#work(compute)
      for (let i = 0; i < patience && Atomics.load(numbers, epoch) === seen; i++);
      Atomics.wait(numbers, epoch, seen)
    }
  }

  #work(compute: Compute): void {
    const numbers = this.#numbers
    for (;;) {
      // A count that has gone below 0 stays there until it is set anew.
      const at = Atomics.sub(numbers, left, 1)
      if (at <= 0) return
      try {
        compute(read(numbers, first + (at - 1) * productLength))
      } catch (error) {
        Atomics.store(numbers, failed, 1)
        throw error
      } finally {
        Atomics.add(numbers, done, 1)
      }
    }
  }
}

function write(numbers: Int32Array, at: number, product: Product): void {
  for (const [i, field] of productFields.entries()) numbers[at + i] = product[field]
}

function read(numbers: Int32Array, at: number): Product {
  return Object.fromEntries(productFields.map((field, i) => [field, numbers[at + i]])) as Product
}

/** What a thread is told when it begins. */
export interface Start {
  readonly memory: Memory
  /** Addresses of the desk and of room for the thread's packed blocks. */
  readonly desk: number
  readonly room: number
}

/** The life of a thread. */
export function serve({ memory, desk, room }: Start): never {
  return new Desk(memory, desk).serve(productsOn(memory, room))
}
