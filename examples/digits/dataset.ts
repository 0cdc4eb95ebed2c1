import { basename, join } from 'node:path'
import { all, isFinite, min, showShape, sizeOf, WengertError } from '@wengert/core'
import { parseIdx } from '@wengert/data'
import { digits } from './digits.ts'
import { readInput } from './files.ts'
import { InputError } from './inputError.ts'
import type { Options } from './options.ts'
import { type Pictures, type Prepared, picturesIn, prepare } from './prepare.ts'

export interface Dataset extends Prepared {
  readonly name: string
  /** Whose data it is, where that must be said. */
  readonly credit: string | null
}

const bundled = join(import.meta.dirname, '..', 'data', digits.name)

/** More classes than this are no classes but a column of measurements. */
const mostClasses = 1000

/** Reads the data, and makes it ready for training and testing. */
export function loadDataset(files: Options['data']): Dataset {
  const [first, second] = files ?? [bundled]
  const pictures = second === undefined ? fromCsv(first) : fromIdx(first, second)
  const prepared = checked(first, () => prepare(pictures))
  const { classes } = prepared
  if (classes < 2 || classes > mostClasses)
    throw new InputError(
      `${second ?? first}: labels must be 2 to ${mostClasses} classes, counted from 0, got ${classes}.`,
    )
  return { ...prepared, name: basename(first), credit: files ? null : digits.credit }
}

function fromCsv(path: string): Pictures {
  const bytes = readInput(path)
  if (bytes[0] === 0)
    throw new InputError(`${path} looks like an IDX file. Name its labels too: --data <images.idx> <labels.idx>.`)
  return checked(path, () => picturesIn(new TextDecoder().decode(bytes)))
}

function fromIdx(imagePath: string, labelPath: string): Pictures {
  const pixels = checked(imagePath, () => parseIdx(readInput(imagePath)))
  const labels = checked(labelPath, () => parseIdx(readInput(labelPath)))
  const [count = 0, height = 0, width = 0] = pixels.shape
  if (pixels.shape.length !== 3 || sizeOf(pixels.shape) === 0)
    throw new InputError(`${imagePath}: images must have sizes [count, height, width], got ${showShape(pixels.shape)}.`)
  if (labels.dtype !== 'i32' || labels.shape.length !== 1 || labels.shape[0] !== count)
    throw new InputError(
      `${labelPath}: labels must be ${count} integers, one per image, got ${labels.dtype} ${showShape(labels.shape)}.`,
    )
  if (min(labels).item() < 0)
    throw new InputError(`${labelPath}: labels must be at least 0, got ${min(labels).item()}.`)
  const images = pixels.cast('f32').reshape([count, height * width])
  if (!all(isFinite(images)).item())
    throw new InputError(`${imagePath}: pixels must be finite numbers, got NaN or Infinity.`)
  return { images, labels, height, width }
}

/** Runs what reads a file; what is wrong with its contents is for the person who gave it. */
function checked<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof WengertError)) throw error
    throw new InputError(`${path}: ${error.message.replace(/^\w+: /, '')}`)
  }
}
