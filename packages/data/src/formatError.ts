import { WengertError } from '@wengert/core'

/** A file that is not what it should be; the message says where: line and column, or byte offset. */
export class FormatError extends WengertError {
  override readonly name = 'FormatError'
}
