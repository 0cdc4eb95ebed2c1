import { matmul, mean, type Tensor } from '@wengert/core'
import { type Adapter, goldenFolder, goldenSuite } from '@wengert/testing'
import { rootedCrossEntropy, rootedLogistic, svmLoss, svmObjective } from './index.ts'

type Loss<O> = (output: Tensor, truth: Tensor, options?: O) => Tensor

/** A loss with one value per example, whose options have the names of the file. */
function perExample<O>(loss: Loss<O>): Adapter {
  return ({ logits, labels }, options) => {
    const perSample = loss(logits as Tensor, labels as Tensor, options as O)
    return { scalar: mean(perSample), outputs: { perSample } }
  }
}

const adapters: Record<string, Adapter> = {
  rootedCrossEntropy: perExample(rootedCrossEntropy),
  rootedLogistic: perExample(rootedLogistic),
  // The file's loss holds the output layer; labelsKind shows in the shape of the labels.
  svmLoss: ({ logits, features, weight, bias, labels }, { labelsKind: _, ...options }) => {
    const outputs = logits ?? matmul(features as Tensor, weight as Tensor).add(bias as Tensor)
    const scalar = svmObjective(outputs, labels as Tensor, weight ? { ...options, weight } : options)
    return { scalar, outputs: { perSample: svmLoss(outputs, labels as Tensor, options) } }
  },
}

goldenSuite({ folder: goldenFolder, adapters, elsewhere: ['conv2d'] })
