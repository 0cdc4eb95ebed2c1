import {
  full,
  inverse,
  logSumExp,
  matmul,
  max,
  mean,
  round,
  scatterAdd,
  softmax,
  sum,
  type Tensor,
  take,
  tensor,
  vjp,
} from '@wengert/core'
import { type Adapter, goldenFolder, goldenSuite, operator } from '@wengert/testing/golden'
import {
  aldrKlLambda,
  aldrKlLambdaStep,
  aldrKlLoss,
  asymmetricGeneralizedCrossEntropy,
  asymmetricUnhingedLoss,
  bayesBinnStep,
  bayesBinnWeights,
  binaryConcrete,
  compSumLoss,
  crammerSingerHinge,
  easyPositiveMarginLoss,
  easyPositives,
  easyPositiveTripletLoss,
  ensLoss,
  entmax,
  entmaxLoss,
  exponentialLoss,
  expTailHinge,
  factoredSphericalLayer,
  fenchelYoungLoss,
  foregroundBalanceLoss,
  foregroundHistoryStep,
  type GammaPhiOptions,
  gammaPhi,
  generalizedCrossEntropy,
  generalizedJsLoss,
  gumbelSoftmax,
  type HypersimplexOptions,
  hingeLoss,
  hypersimplexLoss,
  hypersimplexMulticlassLoss,
  inverseLogTailHinge,
  inverseTailHinge,
  largeMarginGaussianMixtureLoss,
  ldrKLoss,
  ldrKlLoss,
  logTailHinge,
  multiclassExponentialLoss,
  nceAndAgce,
  nceAndAul,
  nceAndRce,
  normalizedCrossEntropy,
  pairLogLoss,
  permLoss,
  permTemplates,
  reverseCrossEntropy,
  rootedCrossEntropy,
  rootedGanDiscriminatorLoss,
  rootedGanGeneratorLoss,
  rootedLogistic,
  type SphericalSums,
  sigmoidFocalLoss,
  smoothAdversarialCompSumLoss,
  softBinaryArgmax,
  softmaxFocalLoss,
  softmaxMseLoss,
  sphericalSoftmaxLoss,
  straightThroughBernoulli,
  svmLoss,
  svmObjective,
  symmetricCrossEntropy,
  taylorSoftmaxLoss,
  westonWatkinsHinge,
  zLoss,
} from './index.ts'

type Loss<O> = (output: Tensor, truth: Tensor, options?: O) => Tensor

/** A loss with one value per example, whose options have the names of the file. */
function perExample<O>(loss: Loss<O>): Adapter {
  return ({ logits, labels }, options) => {
    const perSample = loss(logits as Tensor, labels as Tensor, options as O)
    return { scalar: mean(perSample), outputs: { perSample } }
  }
}

const adapters: Record<string, Adapter> = {
  // Mode 'online' is a step of λ from a state, and the loss with that λ.
  aldrKlLoss: ({ logits, labels }, { mode, lambdaState, ...options }) => {
    const [z, y] = [logits as Tensor, labels as Tensor]
    const online = mode === 'online'
    const lambda = online
      ? aldrKlLambdaStep(z, tensor(lambdaState as number[], { dtype: z.dtype }), options)
      : aldrKlLambda(z, y, options)
    const perSample = aldrKlLoss(z, y, online ? { ...options, lambda } : options)
    return { scalar: mean(perSample), outputs: { perSample, lambda, newLambdaState: lambda } }
  },
  asymmetricGeneralizedCrossEntropy: perExample(asymmetricGeneralizedCrossEntropy),
  asymmetricUnhingedLoss: perExample(asymmetricUnhingedLoss),
  // The file counts the step that is taken, the state those taken before.
  bayesBinnStep: ({ lambda_, priorLambda, momentum, uniform, weightGradients }, { temperature, step, ...options }) => {
    const lambda = lambda_ as Tensor
    const sample = bayesBinnWeights(uniform as Tensor, lambda, { temperature: temperature as number })
    const state = { lambda, momentum: momentum as Tensor, step: tensor((step as number) - 1) }
    const next = bayesBinnStep(state, sample, weightGradients as Tensor, {
      ...(options as { trainSetSize: number }),
      priorLambda: priorLambda as Tensor,
    })
    const { naturalGradient: gradHat, momentum: newMomentum, lambda: newLambda } = next
    return { outputs: { sampledWeights: sample.weights, gradHat, newMomentum, newLambda } }
  },
  binaryConcrete: operator(({ uniform, logits }, options) =>
    binaryConcrete(uniform as Tensor, logits as Tensor, options),
  ),
  compSumLoss: perExample(compSumLoss),
  crammerSingerHinge: perExample(crammerSingerHinge),
  easyPositiveMarginLoss: ({ embeddings, labels, negativeIndices }, options) => {
    const [x, y] = [embeddings as Tensor, labels as Tensor]
    const scalar = easyPositiveMarginLoss(x, y, negativeIndices as Tensor, options)
    return { scalar, outputs: { positiveIndices: easyPositives(x, y) } }
  },
  easyPositiveTripletLoss: ({ embeddings, labels, negativeIndices }, options) => {
    const [x, y] = [embeddings as Tensor, labels as Tensor]
    const scalar = easyPositiveTripletLoss(x, y, negativeIndices as Tensor, options)
    return { scalar, outputs: { positiveIndices: easyPositives(x, y) } }
  },
  // The file has no losses of single examples.
  ensLoss: ({ logits, labels, noise }, { lambda }) => ({
    scalar: mean(ensLoss(logits as Tensor, labels as Tensor, { noise: noise as Tensor, lambda: lambda as number })),
    outputs: {},
  }),
  entmax: operator(({ x }, options) => entmax(x as Tensor, options)),
  entmaxLoss: perExample(entmaxLoss),
  exponentialLoss: perExample(exponentialLoss),
  expTailHinge: perExample(expTailHinge),
  factoredSphericalLayer: (inputs, { learningRate }) => {
    const { V, U, omega, hidden, indices, gradSelected, gradQ, gradS } = inputs as Record<string, Tensor>
    const [table, u, h, at] = [V, U, hidden, indices] as [Tensor, Tensor, Tensor, Tensor]
    const [K = 0, D = 0] = table.shape
    const layer = factoredSphericalLayer({ in: D, out: K })
    const { gram, total } = layer.from(matmul(table, u).add(omega as Tensor)).factors
    const factors = { u, uInverse: inverse(u), omega: omega as Tensor, gram, total }
    const rows = take(table, at)
    const gradients = { selected: gradSelected, q: gradQ, s: gradS } as SphericalSums
    const [sums, pullback] = vjp((x: Tensor) => layer.apply(factors, rows, x), h)
    const step = { rows, indices: at, hidden: h, gradients, lr: learningRate as number }
    const { factors: next, change } = layer.update(factors, step)
    const newW = layer.weight(scatterAdd(table, at, change), next)
    const [gradHidden] = pullback(gradients)
    return { outputs: { ...sums, gradHidden, newW, newQ: next.gram, newWBar: next.total } }
  },
  fenchelYoungLoss: ({ logits, targets }, { kind, ...options }) => {
    const regularizer = kind as 'squared'
    const perSample = fenchelYoungLoss(logits as Tensor, targets as Tensor, { ...options, regularizer })
    return { scalar: mean(perSample), outputs: { perSample } }
  },
  foregroundBalanceLoss: ({ logits, labels, confusionSum, classCount }, options) => {
    const [z, y] = [logits as Tensor, labels as Tensor]
    const history = { confusionSum: confusionSum as Tensor, classCount: classCount as Tensor }
    const next = foregroundHistoryStep(history, z, y)
    const outputs = { newConfusionSum: next.confusionSum, newClassCount: next.classCount }
    return { scalar: mean(foregroundBalanceLoss(z, y, history, options)), outputs }
  },
  generalizedCrossEntropy: perExample(generalizedCrossEntropy),
  generalizedJsLoss: perExample(generalizedJsLoss),
  gumbelSoftmax: operator(({ gumbel, logits }, options) => gumbelSoftmax(gumbel as Tensor, logits as Tensor, options)),
  hingeLoss: perExample(hingeLoss),
  inverseLogTailHinge: perExample(inverseLogTailHinge),
  inverseTailHinge: perExample(inverseTailHinge),
  largeMarginGaussianMixtureLoss: ({ features, labels, ...params }, options) => {
    const given = params as Readonly<Record<'means', Tensor>>
    const perSample = largeMarginGaussianMixtureLoss(features as Tensor, labels as Tensor, given, options)
    return { scalar: mean(perSample), outputs: { perSample } }
  },
  ldrKlLoss: perExample(ldrKlLoss),
  ldrKLoss: perExample(ldrKLoss),
  logTailHinge: perExample(logTailHinge),
  multiclassExponentialLoss: perExample(multiclassExponentialLoss),
  multiclassHinge: (inputs, { variant, ...options }) =>
    perExample(variant === 'crammerSinger' ? crammerSingerHinge : westonWatkinsHinge)(inputs, options),
  nceAndAgce: perExample(nceAndAgce),
  nceAndAul: perExample(nceAndAul),
  nceAndRce: perExample(nceAndRce),
  normalizedCrossEntropy: perExample(normalizedCrossEntropy),
  pairLogLoss: perExample(pairLogLoss),
  permLoss: (inputs, { template, ...options }) => {
    const name = template === 'pairLogLoss' ? 'pairLog' : (template as keyof typeof permTemplates | 'gammaPhi')
    return perExample(permLoss(name === 'gammaPhi' ? gammaPhi(options as GammaPhiOptions) : permTemplates[name]))(
      inputs,
      {},
    )
  },
  reverseCrossEntropy: perExample(reverseCrossEntropy),
  rootedCrossEntropy: perExample(rootedCrossEntropy),
  rootedGanLoss: ({ realLogits, fakeLogits }, { role, ...options }) => {
    const perSample =
      role === 'generator'
        ? rootedGanGeneratorLoss(fakeLogits as Tensor, options)
        : rootedGanDiscriminatorLoss(realLogits as Tensor, fakeLogits as Tensor, options)
    return { scalar: mean(perSample), outputs: { perSample } }
  },
  rootedLogistic: perExample(rootedLogistic),
  // An alpha of null means no weights in the file.
  sigmoidFocalLoss: ({ logits, labels }, options) => {
    const perSample = sigmoidFocalLoss(logits as Tensor, labels as Tensor, { alpha: null, ...options })
    return { scalar: mean(perSample), outputs: { perSample } }
  },
  smoothAdversarialCompSumLoss: ({ logits, adversarialLogits, labels }, options) => {
    const perSample = smoothAdversarialCompSumLoss(
      logits as Tensor,
      adversarialLogits as Tensor,
      labels as Tensor,
      options,
    )
    return { scalar: mean(perSample), outputs: { perSample } }
  },
  softmaxFocalLoss: ({ logits, labels }, { alpha, ...options }) => {
    const z = logits as Tensor
    const weights = full([z.shape.at(-1) as number], alpha as number, { dtype: z.dtype })
    const perSample = softmaxFocalLoss(z, labels as Tensor, { ...options, weights })
    return { scalar: mean(perSample), outputs: { perSample } }
  },
  softmaxMseLoss: perExample(softmaxMseLoss),
  sphericalSoftmaxLoss: ({ logits, labels }, { epsilon }) => {
    const perSample = sphericalSoftmaxLoss(logits as Tensor, labels as Tensor, { eps: epsilon as number })
    return { scalar: mean(perSample), outputs: { perSample } }
  },
  straightThroughBernoulli: operator(({ uniform, logits }, options) =>
    straightThroughBernoulli(uniform as Tensor, logits as Tensor, options),
  ),
  // The file's loss holds the output layer; labelsKind shows in the shape of the labels.
  svmLoss: ({ logits, features, weight, bias, labels }, { labelsKind: _, ...options }) => {
    const outputs = logits ?? matmul(features as Tensor, weight as Tensor).add(bias as Tensor)
    const scalar = svmObjective(outputs, labels as Tensor, weight ? { ...options, weight } : options)
    return { scalar, outputs: { perSample: svmLoss(outputs, labels as Tensor, options) } }
  },
  symmetricCrossEntropy: perExample(symmetricCrossEntropy),
  taylorSoftmaxLoss: perExample(taylorSoftmaxLoss),
  // Core's softmax is what the algorithm computes; its pair (M, N) is that of the same sum, Σ e^x = M 2^N.
  twoPassSoftmax: ({ x }) => {
    const logits = x as Tensor
    const total = logSumExp(logits, { axis: -1 })
    const sumExponent = max(round(logits.div(Math.LN2)), { axis: -1 })
    const sumMantissa = total.sub(sumExponent.mul(Math.LN2)).exp()
    return { outputs: { output: softmax(logits), logSumExp: total, sumMantissa, sumExponent } }
  },
  zLoss: perExample(zLoss),
  hypersimplexLoss: ({ logits, labels }, { k, reduction, ...options }) => {
    const loss = hypersimplexLoss(logits as Tensor, labels as Tensor, {
      ...options,
      k: k === 'count' ? 'counts' : (k as number),
    })
    return { scalar: reduction === 'halfSum' ? sum(loss).div(2) : mean(loss), outputs: {} }
  },
  // The file sums over the classes, for halfSum, where the loss is their mean.
  hypersimplexMulticlassLoss: ({ logits, labels }, { reduction, ...options }) => {
    const loss = hypersimplexMulticlassLoss(logits as Tensor, labels as Tensor, options as HypersimplexOptions)
    const K = (logits as Tensor).shape[1] as number
    return { scalar: reduction === 'halfSum' ? sum(loss).mul(K / 2) : mean(loss), outputs: {} }
  },
  softBinaryArgmax: operator(({ x }, { k, ...options }) => softBinaryArgmax(x as Tensor, k as number, options)),
}

// permImplicitBias is an experiment: examples/implicit-bias.
goldenSuite({
  folder: goldenFolder,
  adapters,
  elsewhere: ['conv2d', 'permImplicitBias'],
  tolerance: { value: 1e-10, gradient: 1e-8 },
})
