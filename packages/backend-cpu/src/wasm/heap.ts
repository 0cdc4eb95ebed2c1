import type { Memory } from './engine.ts'

/** Blocks begin at multiples of so many bytes, a line of the cache. */
const line = 64

/** Bytes of a block behind what was asked for, at least: vectors of a kernel's last elements may reach over the end. */
const slack = 16

const page = 65536

/** A run of free bytes. */
interface Gap {
  at: number
  bytes: number
}

/**
 * Blocks of one linear memory. Free neighbours join, and the smallest gap that is large enough is taken, so a loop that
 * asks for the same sizes again makes nothing grow. Growing detaches all typed arrays over the memory.
 */
export class Heap {
  readonly memory: Memory
  /** Sorted by address. */
  readonly #gaps: Gap[] = []
  #end = line

  constructor(memory: Memory) {
    this.memory = memory
  }

  /** The address of a block of `bytes` bytes with undefined contents; null where there is no room for more. */
  take(bytes: number): number | null {
    const wanted = blockSize(bytes)
    let best = -1
    for (let i = 0; i < this.#gaps.length; i++) {
      const gap = (this.#gaps[i] as Gap).bytes
      if (gap >= wanted && (best < 0 || gap < (this.#gaps[best] as Gap).bytes)) best = i
    }
    if (best < 0) {
      if (!this.#grow(wanted)) return null
      best = this.#gaps.length - 1
    }
    const gap = this.#gaps[best] as Gap
    const { at } = gap
    gap.at += wanted
    gap.bytes -= wanted
    if (gap.bytes === 0) this.#gaps.splice(best, 1)
    return at
  }

  /** Gives a block back; `bytes` as when it was taken. */
  give(at: number, bytes: number): void {
    const size = blockSize(bytes)
    let low = 0
    for (let high = this.#gaps.length; low < high; ) {
      const middle = (low + high) >> 1
      if ((this.#gaps[middle] as Gap).at < at) low = middle + 1
      else high = middle
    }
    const before = this.#gaps[low - 1]
    const after = this.#gaps[low]
    const joins = before !== undefined && before.at + before.bytes === at
    if (joins) before.bytes += size
    if (after && at + size === after.at) {
      if (joins) {
        before.bytes += after.bytes
        this.#gaps.splice(low, 1)
      } else {
        after.at = at
        after.bytes += size
      }
    } else if (!joins) this.#gaps.splice(low, 0, { at, bytes: size })
  }

  /** Makes the last gap at least `wanted` bytes long. */
  #grow(wanted: number): boolean {
    const { memory } = this
    const limit = memory.buffer.byteLength
    const last = this.#gaps.at(-1)
    const joins = last !== undefined && last.at + last.bytes === this.#end
    const end = (joins ? last.at : this.#end) + wanted
    if (end > limit) {
      // By half at least, so that a growing program grows its memory a few times only.
      const pages = Math.ceil((end - limit) / page)
      if (!grown(memory, Math.max(pages, Math.ceil(limit / page / 2))) && !grown(memory, pages)) return false
    }
    if (joins) last.bytes = end - last.at
    else this.#gaps.push({ at: this.#end, bytes: wanted })
    this.#end = end
    return true
  }
}

function blockSize(bytes: number): number {
  return Math.ceil((bytes + slack) / line) * line
}

function grown(memory: Memory, pages: number): boolean {
  try {
    memory.grow(pages)
    return true
  } catch {
    return false
  }
}
