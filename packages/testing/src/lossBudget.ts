import type { Budget } from './golden.ts'

/**
 * How closely losses keep to their golden figures in f32, where they need more than 1e-5 of a value and 1e-4 of a gradient. All
 * inputs are rounded to f32 first, and what a loss makes of that counts too.
 */
export const lossBudget: Readonly<Record<string, Budget>> = {
  // The logit of the label is worked out from the loss, which keeps no trace of it where it is 0.
  arcFaceLoss: { leftOut: ['logits'] },
  cosFaceLoss: { leftOut: ['logits'] },
  elasticArcFaceLoss: { leftOut: ['logits'] },
  // Cosines are multiplied by 64 before they become exponents.
  elasticCosFaceLoss: { gradient: 1e-3, leftOut: ['logits'] },
  // An exponential of 77.
  madaCosLoss: { value: 1e-4 },
  // Its logits are 40 times the scores.
  softTopKLoss: { gradient: 1e-2 },
  // A mantissa from logits of a thousand.
  twoPassSoftmax: { value: 1e-4 },
}
