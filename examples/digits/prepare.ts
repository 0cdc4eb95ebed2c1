import { key, max, type Tensor, where } from '@wengert/core'
import { labelledExamples, parseCsv, type Split, trainTestSplit } from '@wengert/data'

/** A batch of examples, or all of them. */
export interface Examples {
  /** Pixels, or the columns of a table, f32 [N, height · width]. */
  readonly images: Tensor
  /** Classes, i32 [N]. */
  readonly labels: Tensor
}

/** Examples as they stand in a file. */
export interface Pictures extends Examples {
  readonly height: number
  readonly width: number
}

/** Examples to train on and others to test with. */
export interface Prepared extends Split<Examples> {
  readonly height: number
  readonly width: number
  /** Number of classes. */
  readonly classes: number
}

/** Rows of pixels and a class; columns that make no square are a table, one row of numbers per example. */
export function picturesIn(csv: string): Pictures {
  const { x: images, labels } = labelledExamples(parseCsv(csv))
  const features = images.shape[1] as number
  const side = Math.sqrt(features)
  return {
    images,
    labels,
    ...(Number.isInteger(side) ? { height: side, width: side } : { height: 1, width: features }),
  }
}

/** Holds a fifth of the examples back for testing, and scales them so that one trains on numbers from −1 to 1. */
export function prepare({ images, labels, height, width }: Pictures): Prepared {
  const classes = max(labels).item() + 1
  // The split belongs to the data, not to the run: whatever the seed, the same examples are held back.
  const { train, test } = trainTestSplit({ images, labels }, { key: key(0) })
  // All pixels share a scale; the columns of a table need not.
  const largest = max(train.images.abs(), height > 1 ? {} : { axis: 0 })
  const scale = where(largest.greater(0), largest, 1)
  const scaled = ({ images, labels }: Examples): Examples => ({ images: images.div(scale), labels })
  return { height, width, classes, train: scaled(train), test: scaled(test) }
}
