import { cpu } from '@wengert/backend-cpu'
import {
  any,
  arange,
  argSort,
  concat,
  expm1,
  eye,
  full,
  indexAt,
  inverse,
  logSumExp,
  matmul,
  max,
  mean,
  oneHot,
  ones,
  round,
  scatterAdd,
  softmax,
  sort,
  stack,
  sum,
  type Tensor,
  take,
  tensor,
  trace,
  vjp,
  weightedMean,
  where,
} from '@wengert/core'
import { type Adapter, goldenFolder, goldenSuite, type Options, operator } from '@wengert/testing/golden'
import {
  addNovelClass,
  aldrKlLambda,
  aldrKlLambdaStep,
  aldrKlLoss,
  anyLoss,
  arcFaceLoss,
  asymmetricGeneralizedCrossEntropy,
  asymmetricUnhingedLoss,
  aucScore,
  balancedBinaryClusters,
  batchHardMiner,
  bayesBinnStep,
  bayesBinnWeights,
  binaryConcrete,
  boxWhiskerFilter,
  circleLoss,
  compSumLoss,
  consistencyCues,
  contrastiveLoss,
  correctnessAwareLoss,
  cosFaceLoss,
  cosineLogits,
  crammerSingerHinge,
  crossEntropy,
  cyclicHardNegatives,
  decoupledSoftmaxLoss,
  diceLoss,
  easyPositiveMarginLoss,
  easyPositives,
  easyPositiveTripletLoss,
  elasticArcFaceLoss,
  elasticCosFaceLoss,
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
  hardPatchMask,
  hardPatchRankingLoss,
  hingeContrastiveLoss,
  hingeLoss,
  inverseLogTailHinge,
  inverseTailHinge,
  kProbContrastiveLoss,
  landmarkKdLoss,
  largeMarginGaussianMixtureLoss,
  ldrKLoss,
  ldrKlLoss,
  linearCrossEntropy,
  linearLogSumExp,
  logSoftTopK,
  logTailHinge,
  type MadaCosNegatives,
  type MealDiscriminatorParams,
  madaCosLoss,
  madaCosScaling,
  magFaceLoss,
  mannWhitneyLoss,
  marginLoss,
  mealDiscriminator,
  mealDiscriminatorLoss,
  mealDistillLoss,
  multiclassExponentialLoss,
  multiclassHinge,
  multiLabelBceLoss,
  multiLabelInfoNceLoss,
  multiSimilarityLoss,
  multiSimilarityMiner,
  ncaLoss,
  nceAndAgce,
  nceAndAul,
  nceAndRce,
  newClassifier,
  ngameTripletLoss,
  ngameTripletMultiLoss,
  nonZeroMean,
  normalizedCrossEntropy,
  normalizedSoftmaxLoss,
  nPairsLoss,
  ntXentLoss,
  pairLogLoss,
  permLoss,
  permTemplates,
  positiveAwareNegativeMask,
  probContrastiveLoss,
  proxyAnchorLoss,
  proxyNcaLoss,
  reciprocalRankFusion,
  rerankerJointLoss,
  reverseCrossEntropy,
  rootedCrossEntropy,
  rootedGanDiscriminatorLoss,
  rootedGanGeneratorLoss,
  rootedLogistic,
  type SphericalSums,
  sampleReweight,
  selfAdjustingDiceLoss,
  semanticMatchingScore,
  sigmoidFocalLoss,
  smoothAdversarialCompSumLoss,
  softConfusionMatrix,
  softLabelContrastiveLoss,
  softmaxFocalLoss,
  softmaxMseLoss,
  softmaxRegressionHessian,
  softmaxRegressionLoss,
  softSemanticAlignmentLoss,
  softTopK,
  softTopKLoss,
  sphereFaceLoss,
  sphericalSoftmaxLoss,
  straightThroughBernoulli,
  supConLoss,
  superfeatureMatches,
  superfeatureTripletLoss,
  svmLoss,
  svmObjective,
  symmetricCrossEntropy,
  type TransformConsistencyParams,
  taylorSoftmaxLoss,
  transformConsistencyCalibrator,
  tripletMarginLoss,
  tripletMarginMiner,
  tverskyLoss,
  unitNormConstraint,
  unpgLoss,
  unpgNegatives,
  westonWatkinsHinge,
  zLoss,
} from './index.ts'

type Loss<O> = (output: Tensor, truth: Tensor, options?: O) => Tensor

/** A margin head; without a cost its logits follow from its loss, since those of the other classes are scaled cosines. */
function marginHead(
  head: (embeddings: Tensor, labels: Tensor, prototypes: Tensor, options: Options) => Tensor,
): Adapter {
  return ({ embeddings, labels, weights, noise }, { s, m, plus, plusAssignment, lambdaG, easyMargin, ...rest }) => {
    const [x, y, prototypes] = [embeddings, labels, weights] as [Tensor, Tensor, Tensor]
    const options = {
      ...rest,
      ...(s !== undefined && { scale: s }),
      ...(m !== undefined && { margin: m }),
      ...(noise && { noise, assignment: plus ? plusAssignment : 'drawn' }),
      ...(lambdaG !== undefined && { lambda: lambdaG, monotone: easyMargin ? 'easy' : 'linear' }),
    }
    const loss = head(x, y, prototypes, options)
    const perSample = head(x, y, prototypes, { ...options, lambda: 0 })
    const z = cosineLogits(x, prototypes, { scale: (s as number | undefined) ?? 1 })
    const hit = oneHot(y, z.shape[1] as number).greater(0)
    const others = logSumExp(where(hit, Number.NEGATIVE_INFINITY, z), { axis: -1 })
    const logits = where(hit, others.sub(expm1(perSample).log()).expandDims(-1), z)
    return { scalar: mean(loss), outputs: { perSample, logits, regularizer: mean(loss).sub(mean(perSample)) } }
  }
}

/** A loss with one value per example, whose options have the names of the file. */
function perExample<O>(loss: Loss<O>): Adapter {
  return ({ logits, labels }, options) => {
    const perSample = loss(logits as Tensor, labels as Tensor, options as O)
    return { scalar: mean(perSample), outputs: { perSample } }
  }
}

/** A loss of scores and of which labels are true, whose options have the names of the file but for those given. */
function labelled<O>(loss: Loss<O>, renamed: (options: Options) => Options = (options) => options): Adapter {
  return ({ scores, targets }, options) =>
    perExample(loss)({ logits: scores as Tensor, labels: targets as Tensor }, renamed(options))
}

/** A loss of pairs of a batch; of one value per anchor the file tells which mean it differentiates. */
function ofPairs<O>(loss: (embeddings: Tensor, labels: Tensor, options: O) => Tensor): Adapter {
  return ({ embeddings, labels }, { reduction = 'mean', ...options }) => {
    const perSample = loss(embeddings as Tensor, labels as Tensor, options as O)
    return { scalar: reduction === 'mean' ? mean(perSample) : nonZeroMean(perSample), outputs: { perSample } }
  }
}

/** A loss of examples and prototypes, which the file calls proxies. */
function ofProxies<O>(loss: (x: Tensor, labels: Tensor, prototypes: Tensor, options: O) => Tensor): Adapter {
  return ({ embeddings, labels, proxies }, options) => {
    const perSample = loss(embeddings as Tensor, labels as Tensor, proxies as Tensor, options as O)
    return { scalar: mean(perSample), outputs: { perSample } }
  }
}

/** Places where a mask is true, in ascending order, as rows of indices. */
function placesOf(mask: Tensor): Tensor {
  const places = [...mask.dataSync({ backend: cpu() })].flatMap((hit, i) => (hit ? [indexAt(mask.shape, i)] : []))
  return tensor(Int32Array.from(places.flat()), { shape: [places.length, mask.shape.length] })
}

const adapters: Record<string, Adapter> = {
  addNovelClass: ({ weights, newClassEmbeddings, queries }, { scale }) => {
    const constrainedWeights = unitNormConstraint(weights as Tensor)
    const prototype = newClassifier(newClassEmbeddings as Tensor).squeeze(0)
    const extendedWeights = addNovelClass(constrainedWeights, newClassEmbeddings as Tensor)
    const queryProbabilities = softmax(cosineLogits(queries as Tensor, extendedWeights, { scale: scale as number }))
    return { outputs: { constrainedWeights, prototype, extendedWeights, queryProbabilities } }
  },
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
  anyLoss: ({ probs, labels }, options) => {
    const [p, y] = [probs as Tensor, labels as Tensor]
    const { truePositives, falseNegatives, falsePositives, trueNegatives } = softConfusionMatrix(p, y, options)
    const confusion = stack([truePositives, falseNegatives, falsePositives, trueNegatives])
    return { scalar: anyLoss(p, y, options), outputs: { confusion } }
  },
  arcFaceLoss: marginHead(arcFaceLoss),
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
  boxWhiskerFilter: ({ similarities }, { wisk }) => {
    const x = similarities as Tensor
    return { outputs: { kept: keptOf(x, boxWhiskerFilter(x, { whisker: wisk as number })) } }
  },
  compSumLoss: perExample(compSumLoss),
  // Here logits come calibrated; the file's losses of single examples are not weighted.
  correctnessAwareLoss: ({ logits, temperature, labels }, options) => {
    const calibrated = (logits as Tensor).div((temperature as Tensor).expandDims(-1))
    const scalar = mean(correctnessAwareLoss(calibrated, labels as Tensor, options))
    return { scalar, outputs: { perSample: correctnessAwareLoss(calibrated, labels as Tensor, { balance: 'none' }) } }
  },
  cosFaceLoss: marginHead(cosFaceLoss),
  crammerSingerHinge: perExample(crammerSingerHinge),
  // The mode shows in the shape of the labels. A set has losses of classes if none is left out.
  diceLoss: ({ logits, labels, mask }, { mode, fromLogits: _, ...options }) => {
    const [z, y] = [logits as Tensor, labels as Tensor]
    const loss = diceLoss(z, y, mask ? { ...options, mask } : options)
    const outputs = { perSample: loss, perClass: mode === 'binary' ? loss.reshape([1]) : ofClasses(z, y, options) }
    return { scalar: mean(loss), outputs }
  },
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
  elasticArcFaceLoss: marginHead((x, y, w, { noise, ...o }) => elasticArcFaceLoss(x, y, w, noise as Tensor, o)),
  elasticCosFaceLoss: marginHead((x, y, w, { noise, ...o }) => elasticCosFaceLoss(x, y, w, noise as Tensor, o)),
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
  // A patch is among the hardest if it is masked with the least noise of all.
  hardPatchMask: ({ predictedLoss, noise }, options) => {
    const [x, schedule] = [predictedLoss as Tensor, options as { epoch: number; totalEpochs: number }]
    const P = x.shape[1] as number
    const copies = x.slice([0, 0], [1, P]).broadcastTo([P, P])
    const least = eye(P, { dtype: x.dtype }).neg().add(1)
    const hard = trace(hardPatchMask(least, copies, schedule).cast(x.dtype))
    return { outputs: { mask: hardPatchMask(noise as Tensor, x, schedule), hardCount: hard } }
  },
  hardPatchRankingLoss: ({ predicted, target }, { stable, eps, ...options }) => ({
    scalar: hardPatchRankingLoss(predicted as Tensor, target as Tensor, {
      ...options,
      eps: stable ? 0 : (eps as number),
    }),
    outputs: {},
  }),
  hingeLoss: perExample(hingeLoss),
  inverseLogTailHinge: perExample(inverseLogTailHinge),
  inverseTailHinge: perExample(inverseTailHinge),
  // The file gives the weighted parts.
  landmarkKdLoss: ({ pred, target, toughTeacher, tolerantTeacher }, options) => {
    const args = [pred, target, toughTeacher, tolerantTeacher] as [Tensor, Tensor, Tensor, Tensor]
    const part = (weight: string): Tensor => {
      const none = { mainWeight: 0, toughWeight: 0, tolerantWeight: 0 }
      return mean(landmarkKdLoss(...args, { ...options, ...none, [weight]: options[weight] }))
    }
    const outputs = {
      main: part('mainWeight'),
      toughAssist: part('toughWeight'),
      tolerantAssist: part('tolerantWeight'),
    }
    return { scalar: mean(landmarkKdLoss(...args, options)), outputs }
  },
  largeMarginGaussianMixtureLoss: ({ features, labels, ...params }, options) => {
    const given = params as Readonly<Record<'means', Tensor>>
    const perSample = largeMarginGaussianMixtureLoss(features as Tensor, labels as Tensor, given, options)
    return { scalar: mean(perSample), outputs: { perSample } }
  },
  ldrKlLoss: perExample(ldrKlLoss),
  ldrKLoss: perExample(ldrKLoss),
  // The file tells of the blocks too, which follow from the dense softmax.
  linearCrossEntropy: ({ e, c, bias, targets }, { shift = 0, ignoreIndex, softcap, ...options }) => {
    const [T, D] = (e as Tensor).shape.slice(-2) as [number, number]
    const ahead = shift as number
    const start = (e as Tensor).shape.slice(0, -2).map(() => 0)
    const x = (e as Tensor).slice([...start, 0, 0], [...(e as Tensor).shape.slice(0, -2), T - ahead, D])
    const y = (targets as Tensor).slice([...start, ahead])
    const layer = { ...(bias && { bias }), ...(softcap !== undefined && { softcap: softcap as number }) }
    const {
      blockTokens = T,
      blockVocab = 1,
      vocabSort,
      filterEps = null,
      filterEGrad = true,
      filterCGrad = true,
    } = options
    const [height, width] = [blockTokens as number, blockVocab as number]
    const perSample = linearCrossEntropy(x, c as Tensor, y, {
      ...layer,
      ...(ignoreIndex !== undefined && { ignoreIndex: ignoreIndex as number }),
      blockTokens: height,
      blockVocabulary: width,
      orderVocabulary: vocabSort === true,
      filterEps: filterEps as number | null,
      filterEmbeddings: filterEGrad as boolean,
      filterWeight: filterCGrad as boolean,
    })
    const counted = ignoreIndex === undefined ? y.equal(y) : y.notEqual(ignoreIndex as number)
    const lse = where(counted, linearLogSumExp(x, c as Tensor, layer), 0)
    const figures = { perSample, lse, sum: sum(perSample) }
    const scalar = weightedMean(perSample, counted)
    if (filterEps === null) return { scalar, outputs: figures }
    const z = matmul(x, (c as Tensor).transpose())
    const [N, V] = z.shape as [number, number]
    const vocabOrder = vocabSort ? argSort(sum(z, { axis: 0 })) : arange(V, { dtype: 'i32' })
    const off = take(
      softmax(z)
        .sub(oneHot(y, V, { dtype: z.dtype as 'f32' | 'f64' }))
        .abs(),
      vocabOrder,
      { axis: 1 },
    )
    const largest = max(off.reshape([N / height, height, V / width, width]), { axis: [1, 3] })
    const skippedBlocks = sum(largest.less(filterEps as number).cast(z.dtype))
    const totalBlocks = sum(ones(largest.shape, { dtype: z.dtype }))
    return { scalar, outputs: { ...figures, vocabOrder, skippedBlocks, totalBlocks } }
  },
  logTailHinge: perExample(logTailHinge),
  madaCosLoss: ({ embeddings, labels, weights }, { bMethod, ...rest }) => {
    const args = [embeddings, labels, weights] as [Tensor, Tensor, Tensor]
    const negatives = bMethod === 'default' ? 'atMedian' : (bMethod as MadaCosNegatives)
    const perSample = madaCosLoss(...args, { ...rest, negatives })
    const { medianCosine, logNegatives, ...scaling } = madaCosScaling(...args, { ...rest, negatives })
    const outputs = { perSample, ...scaling, medianTargetCosine: medianCosine, bAvg: logNegatives.exp() }
    return { scalar: mean(perSample), outputs }
  },
  magFaceLoss: marginHead(magFaceLoss),
  mealDiscriminatorLoss: ({ studentLogits, teacherLogits, ...given }, { reduction }) => {
    const [student, teachers] = [studentLogits as Tensor, teacherLogits as Tensor]
    const params = given as unknown as MealDiscriminatorParams
    const { apply } = mealDiscriminator({ classes: student.shape[1] as number, divisor: reduction as number })
    const scores = apply(params, concat([student, mean(teachers, { axis: 0 })]))
    return { scalar: mean(mealDiscriminatorLoss(student, teachers, params)), outputs: { scores } }
  },
  mealDistillLoss: ({ studentLogits, teacherLogits }, options) => {
    const perSample = mealDistillLoss(studentLogits as Tensor, teacherLogits as Tensor, options)
    const softTargets = mean(softmax(teacherLogits as Tensor), { axis: 0 })
    return { scalar: mean(perSample), outputs: { perSample, softTargets } }
  },
  multiclassExponentialLoss: perExample(multiclassExponentialLoss),
  multiclassHinge: perExample(multiclassHinge),
  nceAndAgce: perExample(nceAndAgce),
  nceAndAul: perExample(nceAndAul),
  nceAndRce: perExample(nceAndRce),
  normalizedCrossEntropy: perExample(normalizedCrossEntropy),
  normalizedSoftmaxLoss: marginHead(normalizedSoftmaxLoss),
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
  sampleReweight: ({ losses, lengths }, options) => {
    const { loss, weights, normalized } = sampleReweight(losses as Tensor, lengths ? { ...options, lengths } : options)
    return { scalar: loss, outputs: { weights, normalized } }
  },
  selfAdjustingDiceLoss: (inputs, { mode: _, ...options }) => perExample(selfAdjustingDiceLoss)(inputs, options),
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
  softmaxRegressionLoss: ({ a, x, b }, options) => {
    const args = [a, x, b] as [Tensor, Tensor, Tensor]
    const prediction = softmax(matmul(args[0], args[1].expandDims(-1)).squeeze(-1))
    const outputs = { prediction, hessianX: softmaxRegressionHessian(...args, options) }
    return { scalar: softmaxRegressionLoss(...args, options), outputs }
  },
  sphereFaceLoss: marginHead(sphereFaceLoss),
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
  transformConsistencyCalibrator: ({ logits, viewLogits, cotangent, ...given }, options) => {
    const [z, views] = [logits as Tensor, viewLogits as Tensor]
    const params = given as unknown as TransformConsistencyParams
    const [hidden] = params.w1.shape
    const sizes = { views: views.shape[0] as number, hidden: hidden as number }
    const calibrator = transformConsistencyCalibrator({ ...options, ...sizes })
    const output = calibrator.apply(params, z, views)
    const temperature = calibrator.temperature(params, z, views)
    const cues = consistencyCues(z, views, options)
    return { scalar: sum(output.mul(cotangent as Tensor)), outputs: { output, temperature, cues } }
  },
  tverskyLoss: ({ logits, labels }, options) => {
    const perSample = tverskyLoss(logits as Tensor, labels as Tensor, options)
    return { scalar: mean(perSample), outputs: { perSample } }
  },
  // Core's softmax is what the algorithm computes; its pair (M, N) is that of the same sum, Σ e^x = M 2^N.
  twoPassSoftmax: ({ x }) => {
    const logits = x as Tensor
    const total = logSumExp(logits, { axis: -1 })
    const sumExponent = max(round(logits.div(Math.LN2)), { axis: -1 })
    const sumMantissa = total.sub(sumExponent.mul(Math.LN2)).exp()
    return { outputs: { output: softmax(logits), logSumExp: total, sumMantissa, sumExponent } }
  },
  unpgLoss: ({ embeddings, labels, weights }, { head, s, m, wisk }) => {
    const [x, y, prototypes] = [embeddings, labels, weights] as [Tensor, Tensor, Tensor]
    const perSample = unpgLoss(x, y, prototypes, {
      head: head === 'cosface' ? 'cosFace' : 'arcFace',
      scale: s as number,
      margin: m as number,
      whisker: wisk as number,
    })
    const { similarities, kept } = unpgNegatives(x, y, { whisker: wisk as number })
    const keptNegatives = keptOf(similarities.reshape([-1]), kept.reshape([-1]))
    const negativeCount = sum(unpgNegatives(x, y, { whisker: Number.MAX_VALUE }).kept)
    return { scalar: mean(perSample), outputs: { perSample, keptNegatives, negativeCount } }
  },
  batchHardMiner: ({ embeddings, labels }, options) => {
    const { positive, negative } = batchHardMiner(embeddings as Tensor, labels as Tensor, options)
    const found = placesOf(positive)
    const opposite = placesOf(negative).slice([0, 1], [found.shape[0] as number, 2])
    return { outputs: { triplets: concat([found, opposite], { axis: 1 }) } }
  },
  circleLoss: ofPairs((x, y, { m: margin, ...options }: { m: number }) => circleLoss(x, y, { ...options, margin })),
  contrastiveLoss: ofPairs(contrastiveLoss),
  marginLoss: ofPairs(marginLoss),
  multiSimilarityLoss: ofPairs(multiSimilarityLoss),
  multiSimilarityMiner: ({ embeddings, labels }, options) => {
    const { positive, negative } = multiSimilarityMiner(embeddings as Tensor, labels as Tensor, options)
    return { outputs: { positivePairs: placesOf(positive), negativePairs: placesOf(negative) } }
  },
  ncaLoss: ({ embeddings, labels }, options) => ({
    scalar: nonZeroMean(ncaLoss(embeddings as Tensor, labels as Tensor, options)),
    outputs: {},
  }),
  nPairsLoss: ofPairs(nPairsLoss),
  ntXentLoss: ofPairs(ntXentLoss),
  proxyAnchorLoss: ofProxies(proxyAnchorLoss),
  proxyNcaLoss: ofProxies(proxyNcaLoss),
  supConLoss: ofPairs(supConLoss),
  superfeatureTripletLoss: ({ features, attention }, options) => {
    const [x, a] = [features as Tensor, attention as Tensor]
    const { queries, kept } = superfeatureMatches(x, a, { ratio: options.ratio as number })
    const positiveIndices = placesOf(kept).squeeze(1)
    const outputs = { positiveIndices, queryIndices: take(queries, positiveIndices) }
    return { scalar: superfeatureTripletLoss(x, a, options), outputs }
  },
  // Its reduction is an option of ours.
  tripletMarginLoss: ({ embeddings, labels }, options) => ({
    scalar: tripletMarginLoss(embeddings as Tensor, labels as Tensor, options),
    outputs: {},
  }),
  tripletMarginMiner: ({ embeddings, labels }, options) => ({
    outputs: { triplets: placesOf(tripletMarginMiner(embeddings as Tensor, labels as Tensor, options)) },
  }),
  westonWatkinsHinge: perExample(westonWatkinsHinge),
  zLoss: perExample(zLoss),
  balancedBinaryClusters: ({ embeddings, initPairs }, { numClusters, tol }) => {
    const options = { tol: tol as number }
    const rows = balancedBinaryClusters(initPairs as Tensor, embeddings as Tensor, numClusters as number, options)
    return { outputs: { clusters: tensor(Int32Array.from(rows.flatMap((cluster) => [...cluster]))) } }
  },
  cyclicHardNegatives: ({ semanticScores, positiveScore }, options) => {
    const [scores, positive] = [semanticScores as Tensor, positiveScore as Tensor]
    const N = scores.shape[0] as number
    const all = cyclicHardNegatives(scores, positive, { ...options, stride: 1, k: N })
    const found = any(arange(N, { dtype: 'i32' }).equal(all.expandDims(-1)), { axis: 0 })
    const kept = keptOf(arange(N, { dtype: scores.dtype }), found)
    return { outputs: { kept, selected: cyclicHardNegatives(scores, positive, options) } }
  },
  decoupledSoftmaxLoss: labelled(decoupledSoftmaxLoss),
  hingeContrastiveLoss: labelled(hingeContrastiveLoss),
  kProbContrastiveLoss: labelled(kProbContrastiveLoss),
  logSoftTopK: operator(({ x }, { k, alpha }) =>
    logSoftTopK(x as Tensor, k as number, { temperature: 1 / (alpha as number) }),
  ),
  mannWhitneyLoss: ({ scores, positives, mask }, { temperature, reduction }) => {
    const [s, y] = [scores as Tensor, positives as Tensor]
    const perSample = mannWhitneyLoss(s, y, {
      temperature: temperature as number,
      reduction: reduction === 'paper' ? 'sum' : 'mean',
      ...(mask && { mask }),
    })
    const hit = oneHot(y, s.shape[1] as number).greater(0)
    const list = (kept: Tensor): Tensor => keptOf(s.reshape([-1]), kept.reshape([-1]))
    const auc = aucScore(list(hit), list(mask ? mask.and(hit.not()) : hit.not()))
    return { scalar: mean(perSample), outputs: { perSample, auc } }
  },
  multiLabelBceLoss: labelled(multiLabelBceLoss),
  multiLabelInfoNceLoss: labelled(multiLabelInfoNceLoss),
  ngameTripletLoss: labelled(ngameTripletLoss, ({ tau, ...options }) => ({ ...options, temperature: tau })),
  ngameTripletMultiLoss: labelled(ngameTripletMultiLoss),
  positiveAwareNegativeMask: ({ positiveScores, negativeScores }, options) => ({
    outputs: { keep: positiveAwareNegativeMask(positiveScores as Tensor, negativeScores as Tensor, options) },
  }),
  probContrastiveLoss: labelled(probContrastiveLoss),
  // Ranks are i32 in the file, of which the scores would be f32.
  reciprocalRankFusion: ({ ranks }, options) => {
    const scores = reciprocalRankFusion((ranks as Tensor).cast('f64'), options)
    return { outputs: { scores: tensor(scores.dataSync({ backend: cpu() }) as Float64Array) } }
  },
  rerankerJointLoss: ({ positiveLogits, negativeLogits, listLogits, listTarget }, options) => {
    const [positive, negative] = [positiveLogits as Tensor, negativeLogits as Tensor]
    const [z, y] = [listLogits as Tensor, listTarget as Tensor]
    const perSample = rerankerJointLoss(positive, negative, z, y, options)
    const listwise = mean(crossEntropy(z, y))
    return { scalar: mean(perSample), outputs: { perSample, listwise, pairwise: mean(perSample).sub(listwise) } }
  },
  semanticMatchingScore: ({ yesLogits, noLogits }) => ({
    outputs: { scores: semanticMatchingScore(yesLogits as Tensor, noLogits as Tensor) },
  }),
  softLabelContrastiveLoss: ({ scores, teacherScores, mask }, options) =>
    perExample(softLabelContrastiveLoss)(
      { logits: scores as Tensor, labels: teacherScores as Tensor },
      mask ? { ...options, mask } : options,
    ),
  softSemanticAlignmentLoss: ({ scores, softLabels }, options) =>
    labelled(softSemanticAlignmentLoss)({ scores: scores as Tensor, targets: softLabels as Tensor }, options),
  softTopK: operator(({ x }, { k, alpha }) =>
    softTopK(x as Tensor, k as number, { temperature: 1 / (alpha as number) }),
  ),
  // The file divides by a temperature and multiplies by α.
  softTopKLoss: labelled(softTopKLoss, ({ k, temperature, alpha }) => ({
    k: k === 'num_pos' ? 'counts' : k,
    temperature: (temperature as number) / (alpha as number),
  })),
}

/** The terms of the dice loss of a set, [K]: those of yes or no of each class with its log-odds. */
function ofClasses(logits: Tensor, labels: Tensor, options: Options): Tensor {
  const K = logits.shape[1] as number
  const probs = softmax(logits)
  const odds = probs.log().sub(probs.neg().add(1).log())
  const hits = oneHot(labels, K)
  const column = (x: Tensor, k: number): Tensor => take(x, tensor(k, { dtype: 'i32' }), { axis: 1 })
  return stack(Array.from({ length: K }, (_, k) => diceLoss(column(odds, k), column(hits, k), options)))
}

/** The values of a list that are kept, in ascending order, of which there is no knowing how many beforehand. */
function keptOf(x: Tensor, kept: Tensor): Tensor {
  const count = sum(kept).item({ backend: cpu() })
  return sort(where(kept, x, Number.POSITIVE_INFINITY)).slice([0], [count])
}

// permImplicitBias is an experiment: examples/implicit-bias. The family zeroOne has a suite of its own, which other backends run too.
goldenSuite({
  folder: goldenFolder,
  adapters,
  elsewhere: ['conv2d', 'hypersimplexLoss', 'hypersimplexMulticlassLoss', 'permImplicitBias', 'softBinaryArgmax'],
  tolerance: { value: 1e-10, gradient: 1e-8 },
})
