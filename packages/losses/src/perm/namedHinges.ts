import type { Tensor } from '@wengert/core'
import { type MulticlassHingeOptions, multiclassHinge } from './multiclassHinge.ts'

/** Options of `multiclassHinge` but for its variant. */
export type WestonWatkinsOptions = Omit<MulticlassHingeOptions, 'variant'>

/** Options of `multiclassHinge` that the variant of Crammer and Singer has. */
export type CrammerSingerOptions = Omit<WestonWatkinsOptions, 'normalizeByClasses'>

/**
 * Multiclass hinge of Crammer and Singer, by its own name: `multiclassHinge` with the variant 'crammerSinger', where the
 * strongest wrong class counts alone. Use it where a loss is a function without options, as in a table of losses to compare.
 *
 *     L = max(0, margin − z_y + max_{j≠y} zⱼ)^p
 *
 * Shapes: logits [...B, K], labels i32 [...B] → [...B].
 * Gradient: that of multiclassHinge, which errors name too.
 * Source: Crammer, Singer, On the Algorithmic Implementation of Multiclass Kernel-based Vector Machines (2001).
 *
 * @example crammerSingerHinge(tensor([2, 1.5, 3]), tensor(0, { dtype: 'i32' })).item() // 2
 */
export function crammerSingerHinge(logits: Tensor, labels: Tensor, options: CrammerSingerOptions = {}): Tensor {
  return multiclassHinge(logits, labels, { ...options, variant: 'crammerSinger' })
}

/**
 * Multiclass hinge of Weston and Watkins, by its own name: `multiclassHinge` as it is without options, where all wrong classes
 * within the margin count. Use it where losses are compared by name; else take multiclassHinge.
 *
 *     L = Σ_{j≠y} max(0, margin − z_y + zⱼ)^p
 *
 * Shapes: logits [...B, K], labels i32 [...B] → [...B].
 * Gradient: that of multiclassHinge, which errors name too.
 * Source: Weston, Watkins, Support Vector Machines for Multi-Class Pattern Recognition (1999).
 *
 * @example westonWatkinsHinge(tensor([2, 1.5, 3]), tensor(0, { dtype: 'i32' })).item() // 2.5
 */
export function westonWatkinsHinge(logits: Tensor, labels: Tensor, options: WestonWatkinsOptions = {}): Tensor {
  return multiclassHinge(logits, labels, { ...options, variant: 'westonWatkins' })
}
