import { type Key, oneHot, sum, type Tensor } from '@wengert/core'
import * as all from '@wengert/losses'

/** From logits [B, K] and labels i32 [B] to losses of which the mean is trained. */
export type Loss = (logits: Tensor, labels: Tensor) => Tensor

/** A loss that is drawn by another key in each step. */
export interface DrawnLoss {
  readonly drawn: (key: Key) => Loss
}

/** A loss of yes and no, asked of each class against the rest. */
const eachClass =
  (loss: Loss): Loss =>
  (logits, labels) =>
    sum(loss(logits, hits(logits, labels)), { axis: -1 })

const hits = (logits: Tensor, labels: Tensor): Tensor => oneHot(labels, logits.shape[1] as number)

/** The losses for classifiers by family, with their defaults but for what has none. Nothing is tuned. */
export const families: Readonly<Record<string, Readonly<Record<string, Loss | DrawnLoss>>>> = {
  'cross-entropy': {
    crossEntropy: all.crossEntropy,
    polyLoss: all.polyLoss,
    'binaryCrossEntropy, each class': eachClass(all.binaryCrossEntropy),
  },
  'zero-one': {
    hypersimplexMulticlassLoss: all.hypersimplexMulticlassLoss,
    "hypersimplexMulticlassLoss, 'half'": (z, y) => all.hypersimplexMulticlassLoss(z, y, { k: 'half' }),
    'hypersimplexLoss, each class': (z, y) => all.hypersimplexLoss(z.transpose(), hits(z, y).transpose()),
    'hypersimplexFenchelYoungLoss, each class': (z, y) =>
      all.hypersimplexFenchelYoungLoss(z.transpose(), hits(z, y).transpose()).div(y.shape[0] as number),
  },
  rooted: {
    rootedCrossEntropy: all.rootedCrossEntropy,
    'rootedLogistic, each class': eachClass(all.rootedLogistic),
  },
  'relative margins': {
    ...Object.fromEntries(
      Object.entries(all.permTemplates).map(([name, template]) => [`permLoss, ${name}`, all.permLoss(template)]),
    ),
    'permLoss, gammaPhi': all.permLoss(all.gammaPhi({ gamma: 'log1p' })),
    pairLogLoss: all.pairLogLoss,
    multiclassExponentialLoss: all.multiclassExponentialLoss,
    multiclassHinge: all.multiclassHinge,
    "multiclassHinge, 'crammerSinger'": (z, y) => all.multiclassHinge(z, y, { variant: 'crammerSinger' }),
  },
  focal: {
    softmaxFocalLoss: all.softmaxFocalLoss,
    'sigmoidFocalLoss, each class': eachClass(all.sigmoidFocalLoss),
  },
  'Fenchel-Young': {
    entmaxLoss: all.entmaxLoss,
    'entmaxLoss, α 2': (z, y) => all.entmaxLoss(z, y, { alpha: 2 }),
    fenchelYoungLoss: all.fenchelYoungLoss,
  },
  'comp-sum': {
    compSumLoss: all.compSumLoss,
    'compSumLoss, τ 1.5': (z, y) => all.compSumLoss(z, y, { tau: 1.5 }),
  },
  spherical: {
    zLoss: all.zLoss,
    sphericalSoftmaxLoss: all.sphericalSoftmaxLoss,
    taylorSoftmaxLoss: all.taylorSoftmaxLoss,
    sphericalMse: all.sphericalMse,
  },
  robust: {
    generalizedCrossEntropy: all.generalizedCrossEntropy,
    symmetricCrossEntropy: all.symmetricCrossEntropy,
    reverseCrossEntropy: all.reverseCrossEntropy,
    normalizedCrossEntropy: all.normalizedCrossEntropy,
    asymmetricGeneralizedCrossEntropy: all.asymmetricGeneralizedCrossEntropy,
    asymmetricUnhingedLoss: all.asymmetricUnhingedLoss,
    nceAndAgce: all.nceAndAgce,
    nceAndAul: all.nceAndAul,
    nceAndRce: all.nceAndRce,
    generalizedJsLoss: all.generalizedJsLoss,
    softmaxMaeLoss: all.softmaxMaeLoss,
    softmaxMseLoss: all.softmaxMseLoss,
  },
  'distributionally robust': {
    ldrKLoss: all.ldrKLoss,
    ldrKlLoss: all.ldrKlLoss,
    aldrKlLoss: all.aldrKlLoss,
  },
  'support vectors': {
    svmLoss: all.svmLoss,
  },
  ensemble: {
    'ensLoss, each class': {
      drawn: (key) => (z, y) => all.ensLoss(z.reshape([-1]), hits(z, y).reshape([-1]), { key }),
    },
  },
  'hinges, each class': {
    hingeLoss: eachClass(all.hingeLoss),
    exponentialLoss: eachClass(all.exponentialLoss),
    expTailHinge: eachClass(all.expTailHinge),
    inverseTailHinge: eachClass(all.inverseTailHinge),
    inverseLogTailHinge: eachClass(all.inverseLogTailHinge),
    logTailHinge: eachClass(all.logTailHinge),
  },
}
