import { cpu } from '@wengert/backend-cpu'
import { arange, bernoulli, eye, grad, type Key, key, type Pair, sum, type Tensor, tensor } from '@wengert/core'
import { type Adapter, goldenFolder, goldenSuite, operator } from '@wengert/testing/golden'
import {
  alibiBias,
  alibiSlopes,
  attentionWeights,
  conv2d,
  dropout,
  dualActivation,
  embedding,
  fourierHead,
  type GruParams,
  gru,
  gruCell,
  layerNorm,
  lssaAttention,
  lssarAttention,
  multiHeadAttention,
  newtonInverse,
  type Params,
  type RotaryOptions,
  rmsNorm,
  rotaryEmbedding,
  scaledDotProductAttention,
  softAttention,
  type WideDeepName,
  wideDeepActivation,
} from './index.ts'

const adapters: Record<string, Adapter> = {
  alibiBias: (_, options) => {
    const { heads, queryLength, keyLength, symmetric } = options as Record<string, number> & { symmetric: boolean }
    const sizes = { heads: heads as number, queryLength: queryLength as number, keyLength: keyLength as number }
    return {
      outputs: {
        slopes: alibiSlopes(sizes.heads),
        bias: alibiBias({ ...sizes, symmetric }),
      },
    }
  },
  conv2d: operator(({ x, weight, bias }, options) => {
    const [out = 0, , ...kernel] = (weight as Tensor).shape
    const shape = { in: (x as Tensor).shape[1] as number, out, kernel: kernel as unknown as Pair }
    const layer = conv2d({ ...shape, ...options, bias: bias !== undefined })
    return layer.apply({ weight, bias } as Params<typeof layer>, x as Tensor)
  }),
  dropout: operator(({ x, noise }, { p }) =>
    dropout({ rate: p as number }).apply([], x as Tensor, { key: keyOf(noise as Tensor, p as number) }),
  ),
  embedding: operator(({ weight, ids }, { paddingIdx }) => {
    const [count = 0, features = 0] = (weight as Tensor).shape
    const padding = paddingIdx === undefined ? {} : { paddingId: paddingIdx as number }
    return embedding({ in: count, out: features, ...padding }).apply({ weight: weight as Tensor }, ids as Tensor)
  }),
  fourierHead: ({ x, weight, bias, cotangent_output, cotangent_regularizer }, options) => {
    const given = options as { readonly bins: number; readonly frequencies: number }
    const head = fourierHead({ in: (x as Tensor).shape.at(-1) as number, ...given })
    const params = { weight: weight as Tensor, bias: bias as Tensor }
    const { logits, regularizer } = head.run(params, x as Tensor)
    const { real, imaginary } = head.coefficients(params, x as Tensor)
    const { dtype } = x as Tensor
    const middles = arange(given.bins, { dtype }).mul(2).add(1).div(given.bins).sub(1)
    const flat = (y: Tensor): Tensor => y.reshape([-1, y.shape.at(-1) as number])
    return {
      scalar: sum(logits.mul(cotangent_output as Tensor)).add(regularizer.mul(cotangent_regularizer as Tensor)),
      outputs: {
        output: logits,
        regularizer,
        coefficientsReal: flat(real),
        coefficientsImag: flat(imaginary),
        pdfAtBins: flat(head.density(params, x as Tensor, middles)),
      },
    }
  },
  gru: ({ x, h0, wIh, wHh, bIh, bHh, cotangent_output, cotangent_hn }) => {
    const layer = gru({ in: (wIh as Tensor).shape[1] as number, out: (wHh as Tensor).shape[1] as number })
    const params = { weight_ih: wIh, weight_hh: wHh, bias_ih: bIh, bias_hh: bHh } as GruParams
    const [output, hn] = layer.run(params, x as Tensor, h0)
    const scalar = sum(output.mul(cotangent_output as Tensor)).add(sum(hn.mul(cotangent_hn as Tensor)))
    return { scalar, outputs: { output, hn } }
  },
  gruCell: operator(({ x, h, wIh, wHh, bIh, bHh, wGates, bGates, wCand, bCand }, { variant }) => {
    const sizes = { in: (x as Tensor).shape[1] as number, out: (h as Tensor).shape[1] as number }
    if (variant === 'tf1') {
      const params = { gateKernel: wGates, gateBias: bGates, candidateKernel: wCand, candidateBias: bCand }
      return gruCell({ ...sizes, variant }).apply(params as GruParams<'tf1'>, x as Tensor, h)
    }
    const params = { weight_ih: wIh, weight_hh: wHh, bias_ih: bIh, bias_hh: bHh }
    return gruCell(sizes).apply(params as GruParams, x as Tensor, h)
  }),
  layerNorm: operator(({ x, weight, bias }, { eps }) => {
    const features = (x as Tensor).shape.at(-1) as number
    const layer = layerNorm({ features, eps: eps as number, affine: weight !== undefined })
    return layer.apply((weight ? { weight, bias } : []) as Params<typeof layer>, x as Tensor)
  }),
  lssaAttention: softplusAttention(lssaAttention),
  lssarAttention: softplusAttention(lssarAttention),
  multiHeadAttention: operator(({ x, wIn, bIn, wOut, bOut }, { heads, causal }) => {
    const features = (x as Tensor).shape.at(-1) as number
    const params = {
      in_proj_weight: wIn as Tensor,
      in_proj_bias: bIn as Tensor,
      out_proj: { weight: wOut as Tensor, bias: bOut as Tensor },
    }
    return multiHeadAttention({ features, heads: heads as number, causal: causal as boolean }).apply(
      params,
      x as Tensor,
    )
  }),
  newtonInverse: operator(({ a }, options) => newtonInverse(a as Tensor, options)),
  rmsNorm: operator(({ x, weight }, { eps }) => {
    const features = (x as Tensor).shape.at(-1) as number
    const layer = rmsNorm({ features, eps: eps as number, affine: weight !== undefined })
    return layer.apply((weight ? { weight } : []) as Params<typeof layer>, x as Tensor)
  }),
  rotaryEmbedding: operator(({ x }, { positionOffset, ...options }) =>
    rotaryEmbedding(x as Tensor, {
      ...(options as RotaryOptions),
      positions: arange((x as Tensor).shape.at(-2) as number, { start: positionOffset as number }),
    }),
  ),
  scaledDotProductAttention: ({ q, k, v, mask, bias, cotangent }, options) => {
    const given = { ...options, ...(mask && { mask: mask.notEqual(0) }), ...(bias && { bias }) }
    const output = scaledDotProductAttention(q as Tensor, k as Tensor, v as Tensor, given)
    const weights = attentionWeights(q as Tensor, k as Tensor, given)
    return { scalar: sum(output.mul(cotangent as Tensor)), outputs: { output, weights } }
  },
  softAttention: operator(({ q, landmarks, v }, options) =>
    softAttention(q as Tensor, landmarks as Tensor, v as Tensor, options),
  ),
  wideDeepActivation: ({ x, z }, { activation }) => {
    const name = activation as WideDeepName
    const dual = (z: Tensor): Tensor => dualActivation(z, name)
    const slope = grad((z: Tensor) => sum(dual(z)))
    const [a, b] = [0, 1].map((at) => slope(tensor(at, { dtype: (x as Tensor).dtype }))) as [Tensor, Tensor]
    return {
      outputs: {
        output: wideDeepActivation(x as Tensor, name),
        gradX: grad((x: Tensor) => sum(wideDeepActivation(x, name)))(x as Tensor),
        dual: dual(z as Tensor),
        dualDerivative: slope(z as Tensor),
        dualDerivativeAt0: a,
        dualDerivativeAt1: b,
        singularityExponent: a.log().mul(-2).div(b.log()),
      },
    }
  },
}

/** Attention that tells its weights by what it makes of the identity. */
function softplusAttention(attention: typeof lssaAttention): Adapter {
  return ({ q, k, v, cotangent }, options) => {
    const output = attention(q as Tensor, k as Tensor, v as Tensor, options)
    const size = (k as Tensor).shape.at(-2) as number
    const identity = eye(size, { dtype: output.dtype }).broadcastTo([...output.shape.slice(0, -2), size, size])
    const weights = attention(q as Tensor, k as Tensor, identity, options)
    return { scalar: sum(output.mul(cotangent as Tensor)), outputs: { output, weights } }
  }
}

/** A key by which dropout keeps just what noise of at least the rate keeps. */
function keyOf(noise: Tensor, rate: number): Key {
  // The draws are the same on every backend, and here they are read at once.
  const backend = cpu()
  const bits = (x: Tensor): string => x.dataSync({ backend }).join()
  const wanted = bits(noise.greaterEqual(rate))
  for (let seed = 0; seed < 100_000; seed++)
    if (bits(bernoulli(key(seed), 1 - rate, noise.shape)) === wanted) return key(seed)
  throw new Error('no key found for the noise of the case')
}

goldenSuite({
  folder: goldenFolder,
  adapters,
  elsewhere: 'rest',
  tolerance: { value: 1e-10, gradient: 1e-8 },
})
