import { grad, matmul, mean, type Tensor, tanh } from '@wengert/core'
import { type Adapter, goldenFolder, goldenSuite } from '@wengert/testing/golden'
import { type IgniteOptions, igniteGradients } from './index.ts'

const adapters: Record<string, Adapter> = {
  igniteGradients: ({ x, y, ...params }, options) => {
    const predict = ({ w1, b1, w2, b2 }: typeof params): Tensor =>
      matmul(tanh(matmul(x as Tensor, w1 as Tensor).add(b1 as Tensor)), w2 as Tensor).add(b2 as Tensor)
    const loss = (p: typeof params): Tensor =>
      mean(
        predict(p)
          .sub(y as Tensor)
          .square(),
      )
    const predictMean = (p: typeof params): Tensor => mean(predict(p))
    const given = options as unknown as IgniteOptions & { readonly lambda: number; readonly rho: number }
    const step = igniteGradients(loss, predictMean, params, given)
    const exact = igniteGradients(loss, predictMean, params, { ...given, mode: 'exact', clamp: true })
    const named = (group: string, tree: typeof params): Record<string, Tensor> =>
      Object.fromEntries(Object.entries(tree).map(([name, leaf]) => [`${group}.${name}`, leaf]))
    return {
      outputs: {
        loss: step.loss,
        surrogateMean: predictMean(params),
        gradNorm: step.gradNorm,
        penalizedLoss: step.loss.add(step.gradNorm.mul(given.lambda * given.rho)),
        newLambda: step.lambda,
        newLambdaClamped: exact.lambda,
        ...named('surrogateGrads', grad(predictMean)(params)),
        ...named('finiteDifferenceGrads', step.grads),
        ...named('exactGrads', exact.grads),
      },
    }
  },
}

goldenSuite({
  folder: goldenFolder,
  adapters,
  elsewhere: 'rest',
  tolerance: { value: 1e-10, gradient: 1e-8 },
})
