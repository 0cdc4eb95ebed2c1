import { checkCount, checkOption, checkOptions } from '../check.ts'
import { dims } from '../dims.ts'
import { DTypeError, ShapeError } from '../errors.ts'
import type { KeptBlocks, Operand } from '../kernel.ts'
import { defineOp, type Op } from '../op.ts'
import { showShape } from '../shape.ts'
import { line, type Tensor } from '../tensor.ts'
import { checkDType, operands } from './define.ts'
import { matmul } from './matmul.ts'

export interface BlockMatmulOptions {
  /** Whether blocks are of a's rows or of its columns. @default 'rows' */
  readonly of?: KeptBlocks['of']
  /** Rows or columns of a block, an integer of at least 1; the last block may have fewer. */
  readonly size: number
}

const blockMatmulOps: Readonly<Record<KeptBlocks['of'], Op>> = {
  rows: blockMatmulOp('rows'),
  columns: blockMatmulOp('columns'),
}

function blockMatmulOp(of: KeptBlocks['of']): Op {
  return defineOp(
    'blockMatmul',
    {
      kind: 'kernel',
      inputs: ['strided', 'strided', 'contiguous'],
      build: ({ dtype, shape, attrs: [size = 1] }, operands) => {
        const [a, b] = operands as readonly [Operand, Operand]
        const [m = 0, n = 0] = shape
        return { kind: 'matmul', dtype, batch: [], m, k: a.shape[1] as number, n, a, b, kept: { of, size } }
      },
    },
    (g, _, [a, b], needs) => [
      needs[0] ? matmul(g, (b as Tensor).transpose()) : null,
      needs[1] ? matmul((a as Tensor).transpose(), g) : null,
      null,
    ],
  )
}

/**
 * Matrix product that skips blocks of a that are known to be zeros: those of its rows or columns whose `kept` is false. Use
 * it where a mask that is computed, and so no part of the shape, leaves little of a. What is skipped must be zeros already,
 * as by where(mask, a, 0): a backend may multiply it all the same.
 *
 *     y = a b
 *
 * Shapes: a [M, K], b [K, N], kept bool [⌈M / size⌉], or [⌈K / size⌉] of columns → [M, N].
 * Gradient: that of matmul.
 *
 * @example blockMatmul(tensor([[1], [0]]), tensor([[2]]), tensor([true, false]), { size: 1 }) // [[2], [0]]
 */
export function blockMatmul(a: Tensor, b: Tensor, kept: Tensor, options: BlockMatmulOptions): Tensor {
  const fn = 'blockMatmul'
  const { of = 'rows', size } = checkOptions(fn, options, 'size: 2')
  const [x, y] = operands(fn, a, b)
  checkDType(fn, 'a', x, 'float')
  const { M = 0, K = 0, N = 0 } = dims(fn, { a: x, b: y }, 'M K, K N')
  checkOption(fn, 'of', of, of === 'rows' || of === 'columns', "'rows' or 'columns'")
  checkCount(fn, 'size', size, 1)
  checkDType(fn, 'kept', kept, 'any')
  if (kept.dtype !== 'bool')
    throw new DTypeError(
      `${fn}: kept must be bool, got ${kept.dtype} ${showShape(kept.shape)}. Compare, e.g. kept.notEqual(0).`,
    )
  const blocks = Math.ceil((of === 'rows' ? M : K) / size)
  if (kept.shape.length !== 1 || kept.shape[0] !== blocks)
    throw new ShapeError(
      `${fn}: kept must have shape [${blocks}], a flag for each ${size} ${of} of a, got ${showShape(kept.shape)}.`,
    )
  return line(blockMatmulOps[of], [x, y, kept], [M, N], x.dtype, [size])
}
