/** What decisions are judged by. */
export const metrics = ['accuracy', 'F1', 'gMean', 'balancedAccuracy', 'mcc', 'recall', 'precision'] as const

export type Scores = Readonly<Record<(typeof metrics)[number], number>>

/** Scores of logits above 0, where each malignant cell counts as `weight` cells. */
export function scoresOf(logits: ArrayLike<number>, malignant: ArrayLike<number>, weight: number): Scores {
  let [tp, fn, fp, tn] = [0, 0, 0, 0]
  for (let i = 0; i < logits.length; i++) {
    const found = (logits[i] as number) > 0
    if (malignant[i]) {
      if (found) tp += weight
      else fn += weight
    } else if (found) fp++
    else tn++
  }
  const [recall, specificity] = [tp / (tp + fn), tn / (tn + fp)]
  // Where nothing is found these are 0 by convention.
  const sides = Math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
  return {
    accuracy: (tp + tn) / (tp + fn + fp + tn),
    F1: (2 * tp) / (2 * tp + fn + fp),
    gMean: Math.sqrt(recall * specificity),
    balancedAccuracy: (recall + specificity) / 2,
    mcc: sides === 0 ? 0 : (tp * tn - fp * fn) / sides,
    recall,
    precision: tp + fp === 0 ? 0 : tp / (tp + fp),
  }
}
