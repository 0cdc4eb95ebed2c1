import { mean, sum, type Tensor } from '@wengert/core'
import { goldenFolder, goldenSuite, operator } from '@wengert/testing/golden'
import { type HypersimplexOptions, hypersimplexLoss } from './hypersimplexLoss.ts'
import { hypersimplexMulticlassLoss } from './hypersimplexMulticlassLoss.ts'
import { softBinaryArgmax } from './softBinaryArgmax.ts'

goldenSuite({
  folder: goldenFolder,
  adapters: {
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
  },
  elsewhere: 'rest',
  tolerance: { value: 1e-10, gradient: 1e-8 },
})
