import { WengertError } from '@wengert/core'

/** A file that is not what it should be; the message says where: line and column, or byte offset. */
export class FormatError extends WengertError {
  override readonly name = 'FormatError'
}

/** The start of a piece of the file, safe to print. */
export function shown(text: string, limit = 100): string {
  return JSON.stringify(cut(text, limit))
}

/** The start of what would make a message too long. */
export function cut(text: string, limit = 100): string {
  return text.length > limit ? `${text.slice(0, limit)}…` : text
}
