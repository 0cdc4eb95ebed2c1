import type { Shape, Tensor } from '@wengert/core'
import { labels, logits, shapes } from '@wengert/gradcheck'
import fc from 'fast-check'

/** Logits [...B, K] and class labels [...B], with one or two batch axes and from `minClasses` to 5 classes. */
export function classified(
  logitsOf: (shape: Shape) => fc.Arbitrary<Tensor> = logits,
  minClasses = 1,
): fc.Arbitrary<[Tensor, Tensor]> {
  return fc
    .tuple(shapes({ minRank: 1, maxRank: 2, maxSize: 3 }), fc.integer({ min: minClasses, max: 5 }))
    .chain(([batch, K]) => fc.tuple(logitsOf([...batch, K]), labels(batch, K)))
}

/** Scores [...B, K] and binary labels [...B, K]: few shapes, with one or two batch axes and up to 5 labels. */
export function multiLabelled(
  scoresOf: (shape: Shape) => fc.Arbitrary<Tensor> = logits,
): fc.Arbitrary<[Tensor, Tensor]> {
  return fc
    .tuple(fc.constantFrom([1], [3], [2, 2]), fc.constantFrom(1, 2, 5))
    .chain(([batch, K]) => fc.tuple(scoresOf([...batch, K]), labels([...batch, K], 2)))
}

/** Two tensors of one shape, with one or two axes. */
export function paired(
  first: (shape: Shape) => fc.Arbitrary<Tensor>,
  second: (shape: Shape) => fc.Arbitrary<Tensor>,
): fc.Arbitrary<[Tensor, Tensor]> {
  return shapes({ minRank: 1, maxRank: 2 }).chain((shape) => fc.tuple(first(shape), second(shape)))
}
