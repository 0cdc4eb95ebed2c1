import { checkCount, dims, ShapeError, showShape, sizeOf, type Tensor } from '@wengert/core'
import { checkFloats, checkPositive } from '../check.ts'
import type { BlockedLogits } from './vocabularyBlocks.ts'

/** The output layer of a classifier over a large vocabulary. */
export interface LinearLayerOptions {
  /** Added to the logits, [V]. @default none */
  readonly bias?: Tensor
  /** Bends logits smoothly to stay between ± softcap: z ← softcap · tanh(z / softcap), after the bias. @default none */
  readonly softcap?: number
  /** Classes whose logits are held at once. @default so many that a block has 2¹⁹ logits, but at least 128 */
  readonly blockVocabulary?: number
}

/** An output layer made ready: embeddings as [N, D] rows of one dtype with its weight. */
export interface LinearLayer extends BlockedLogits {
  readonly rows: Tensor
  /** Number of classes. */
  readonly V: number
}

const leastWidth = 128
const mostLogits = 2 ** 19

/** Checks an output layer and embeddings [...B, D] in the name of a function. */
export function linearLayer(
  fn: string,
  { softcap, blockVocabulary, bias }: LinearLayerOptions,
  tensors: { readonly embeddings: Tensor; readonly weight: Tensor; readonly labels?: Tensor },
): LinearLayer {
  const { embeddings, weight, labels } = tensors
  const { V = 0, D = 0 } = dims(
    fn,
    { ...tensors, ...(bias && { bias }) },
    `...B D, V D${labels ? ', ...B' : ''}${bias ? ', V' : ''}`,
  )
  checkFloats(fn, { embeddings, weight, ...(bias && { bias }) })
  if (V === 0) throw new ShapeError(`${fn}: weight must have at least one row, got ${showShape(weight.shape)}.`)
  if (softcap !== undefined) checkPositive(fn, 'softcap', softcap)
  if (blockVocabulary !== undefined) checkCount(fn, 'blockVocabulary', blockVocabulary, 1)
  const N = sizeOf(embeddings.shape.slice(0, -1))
  const width = blockVocabulary ?? Math.max(leastWidth, Math.floor(mostLogits / Math.max(1, N)))
  return { softcap, width, rows: embeddings.reshape([N, D]), V }
}
