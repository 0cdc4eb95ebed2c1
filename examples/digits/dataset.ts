import { basename, join } from 'node:path'
import { all, isFinite, key, max, min, showShape, sizeOf, type Tensor, WengertError, where } from '@wengert/core'
import { labelledExamples, parseCsv, parseIdx, type Split, trainTestSplit } from '@wengert/data'
import { readInput } from './files.ts'
import { InputError } from './inputError.ts'
import type { Options } from './options.ts'

/** A batch of examples, or all of them. */
export interface Examples {
  /** Pixels, or the columns of a table, f32 [N, height · width]. */
  readonly images: Tensor
  /** Classes, i32 [N]. */
  readonly labels: Tensor
}

export interface Dataset extends Split<Examples> {
  readonly name: string
  readonly height: number
  readonly width: number
  /** Number of classes. */
  readonly classes: number
  /** Whose data it is, where that must be said. */
  readonly credit: string | null
}

const digits = {
  path: join(import.meta.dirname, '..', 'data', 'digits.csv'),
  credit:
    'Data: Optical Recognition of Handwritten Digits, E. Alpaydin and C. Kaynak, 1998, UCI Machine Learning Repository, ' +
    'CC BY 4.0, in the form in which scikit-learn ships it.',
}

/** More classes than this are no classes but a column of measurements. */
const mostClasses = 1000

/** Reads the data, holds a fifth of it back for testing, and scales it so that it trains on numbers from −1 to 1. */
export function loadDataset(files: Options['data']): Dataset {
  const [first, second] = files ?? [digits.path]
  const { images, labels, height, width } = second === undefined ? fromCsv(first) : fromIdx(first, second)
  const classes = max(labels).item() + 1
  if (classes < 2 || classes > mostClasses)
    throw new InputError(
      `${second ?? first}: labels must be 2 to ${mostClasses} classes, counted from 0, got ${classes}.`,
    )
  // The split belongs to the data, not to the run: whatever the seed, the same examples are held back.
  const { train, test } = checked(first, () => trainTestSplit({ images, labels }, { key: key(0) }))
  // All pixels share a scale; the columns of a table need not.
  const largest = max(train.images.abs(), height > 1 ? {} : { axis: 0 })
  const scale = where(largest.greater(0), largest, 1)
  const scaled = ({ images, labels }: Examples): Examples => ({ images: images.div(scale), labels })
  const credit = files ? null : digits.credit
  return { name: basename(first), height, width, classes, credit, train: scaled(train), test: scaled(test) }
}

interface Loaded extends Examples {
  readonly height: number
  readonly width: number
}

function fromCsv(path: string): Loaded {
  const bytes = readInput(path)
  if (bytes[0] === 0)
    throw new InputError(`${path} looks like an IDX file. Name its labels too: --data <images.idx> <labels.idx>.`)
  const text = new TextDecoder().decode(bytes)
  const { x: images, labels } = checked(path, () => labelledExamples(parseCsv(text)))
  const features = images.shape[1] as number
  const side = Math.sqrt(features)
  // Columns that make no square are a table, one row of numbers per example.
  return {
    images,
    labels,
    ...(Number.isInteger(side) ? { height: side, width: side } : { height: 1, width: features }),
  }
}

function fromIdx(imagePath: string, labelPath: string): Loaded {
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
