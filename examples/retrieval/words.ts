import { type Tensor, tensor } from '@wengert/core'

/** Rows of the table of word vectors. The first stands for no word. */
export const rows = 4096

/** Words kept of a text. */
const most = 40

/** Which vectors the words of texts have: i32 [texts, words], 0 where a text has no more of them. */
export function wordIds(texts: readonly string[]): Tensor {
  const ids = new Int32Array(texts.length * most)
  texts.forEach((text, i) => {
    wordsOf(text)
      .slice(0, most)
      .forEach((word, at) => {
        ids[i * most + at] = 1 + (hash(word) % (rows - 1))
      })
  })
  return tensor(ids, { shape: [texts.length, most], dtype: 'i32' })
}

/** Lower-case words, `toFixed` as two, each without a plural's s. */
export function wordsOf(text: string): string[] {
  const words =
    text
      .replace(/([a-z])([A-Z])/g, '$1 $2')
      .toLowerCase()
      .match(/[a-z]+|\d+/g) ?? []
  return words.map((word) => (word.length > 3 ? word.replace(/s$/, '') : word))
}

/** FNV-1a of 32 bits. */
function hash(word: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < word.length; i++) h = Math.imul(h ^ word.charCodeAt(i), 0x01000193)
  return h >>> 0
}
