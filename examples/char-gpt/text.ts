import { tensor } from '@wengert/core'
import { InputError } from '../digits/inputError.ts'

/** A text as numbers: the place of each character in the alphabet. */
export interface Text {
  readonly alphabet: readonly string[]
  /** To learn from. */
  readonly train: Int32Array
  /** To try on: a tenth of the text, in blocks from all over it. */
  readonly held: Int32Array
}

/** A text by its own alphabet. Every tenth block is held back. */
export function readText(source: string): Text {
  const alphabet = [...new Set(source)].sort()
  const ids = encode(alphabet, source)
  const size = Math.max(1, Math.min(8192, Math.floor(ids.length / 10)))
  const blocks = Array.from({ length: Math.ceil(ids.length / size) }, (_, i) => ids.subarray(i * size, (i + 1) * size))
  const part = (held: boolean): Int32Array => joined(blocks.filter((_, i) => (i % 10 === 9) === held))
  return { alphabet, train: part(false), held: part(true) }
}

/** Throws an InputError where a character is not in the alphabet. */
export function encode(alphabet: readonly string[], text: string): Int32Array {
  const places = new Map(alphabet.map((character, i) => [character, i]))
  const ids = new Int32Array(text.length)
  let count = 0
  for (const character of text) {
    const place = places.get(character)
    if (place === undefined)
      throw new InputError(`${JSON.stringify(character)} must be a character of the text that is learned.`)
    ids[count++] = place
  }
  return ids.subarray(0, count)
}

/** Characters [B, T] that begin at given places, and those that come next. */
export function windows(ids: Int32Array, starts: ArrayLike<number>, length: number) {
  const cut = (shift: number) => {
    const rows = Array.from(starts, (start) => ids.subarray(start + shift, start + shift + length))
    return tensor(joined(rows), { shape: [rows.length, length] })
  }
  return { x: cut(0), next: cut(1) }
}

function joined(parts: readonly Int32Array[]): Int32Array {
  const all = new Int32Array(parts.reduce((n, { length }) => n + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
