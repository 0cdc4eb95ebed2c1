import {
  checkCount,
  checkOption,
  concat,
  type DrawOptions,
  dims,
  full,
  type Key,
  matmul,
  sigmoid,
  split,
  type Tensor,
  tanh,
  uniform,
  zeros,
} from '@wengert/core'
import { glorotUniform } from '../initializers.ts'
import { affine, type Cell, cellOf, columns, named, type Recurrence } from './recurrence.ts'

/** Where the reset gate acts, and how parameters lie: as in PyTorch's GRU, or as in TensorFlow 1's GRUCell. */
export type GruVariant = 'pytorch' | 'tf1'

export interface GruOptions<Variant extends GruVariant = 'pytorch'> extends DrawOptions {
  /** Number of input features. */
  readonly in: number
  /** Number of features of the state, which is the output. */
  readonly out: number
  /** @default 'pytorch' */
  readonly variant?: Variant
}

/**
 * Parameters of `gruCell` and `gru`, with H = out. As in PyTorch's GRUCell (its GRU adds _l0 to the names, and so does `gru` with `layers`), with the gates r, z, n one below the other: weight_ih [3H, in],
 * weight_hh [3H, H], bias_ih and bias_hh [3H]. As in TensorFlow 1, for x and h side by side: gateKernel [in + H, 2H] and gateBias [2H]
 * with the gates r, u side by side, candidateKernel [in + H, H] and candidateBias [H].
 */
export type GruParams<Variant extends GruVariant = 'pytorch'> = Variant extends 'pytorch' ? PyTorchParams : Tf1Params

interface PyTorchParams {
  readonly weight_ih: Tensor
  readonly weight_hh: Tensor
  readonly bias_ih: Tensor
  readonly bias_hh: Tensor
}

interface Tf1Params {
  readonly gateKernel: Tensor
  readonly gateBias: Tensor
  readonly candidateKernel: Tensor
  readonly candidateBias: Tensor
}

/**
 * Gated recurrent unit, one step: a state that is partly kept and partly replaced. Use it where steps come one at a time,
 * and `gru` for whole sequences.
 *
 *     r = σ(Wr x + Ur h + br)      reset
 *     z = σ(Wz x + Uz h + bz)      what part of the state stays; u in TensorFlow
 *     n = tanh(Wn x + bn + r · (Un h + cn))      'pytorch'
 *     n = tanh(Wn x + Un (r · h) + bn)           'tf1'
 *     h' = (1 − z) · n + z · h
 *
 * Parameters start as in those frameworks: 'pytorch' uniform on ±1 / √out; 'tf1' with glorotUniform kernels, gateBias 1, so that the
 * state stays at first, and candidateBias 0.
 * Shapes: x [...B, in], h [...B, out] → [...B, out]; without h it is 0.
 * Source: Cho et al., Learning phrase representations using RNN encoder-decoder, arXiv 1406.1078 (2014).
 *
 * @example
 * const cell = gruCell({ in: 2, out: 3 })
 * const h = cell.apply(cell.init(key(0)), ones([4, 2]), zeros([4, 3]))
 */
export function gruCell<Variant extends GruVariant = 'pytorch'>(
  options: GruOptions<Variant>,
): Cell<GruParams<Variant>, Tensor> {
  return cellOf(gruRecurrence('gruCell', options))
}

/** What `gruCell` and `gru` consist of. */
export function gruRecurrence<Variant extends GruVariant>(
  fn: string,
  options: GruOptions<Variant>,
): Recurrence<GruParams<Variant>, Tensor> {
  const { in: inputs, out: size, variant = 'pytorch', dtype = 'f32' } = options
  checkCount(fn, 'in', inputs, 1)
  checkCount(fn, 'out', size, 1)
  checkOption(fn, 'variant', variant, variant === 'pytorch' || variant === 'tf1', "'pytorch' or 'tf1'")
  const form = variant === 'pytorch' ? pyTorch(fn, inputs, size, dtype) : tf1(fn, inputs, size, dtype)
  return {
    in: inputs,
    out: size,
    ...(form as unknown as Form<GruParams<Variant>>),
    zeros: (rows, like) => zeros([rows, size], { dtype: like.dtype }),
    reshape: (h, batch) => h.reshape([...batch, size]),
    output: (h) => h,
  }
}

type Form<P> = Pick<Recurrence<P, Tensor>, 'names' | 'init' | 'check' | 'project' | 'step'>
type Float = NonNullable<DrawOptions['dtype']>

function pyTorch(fn: string, inputs: number, size: number, dtype: Float): Form<PyTorchParams> {
  const specs = `${3 * size} ${inputs}, ${3 * size} ${size}, ${3 * size}, ${3 * size}`
  return {
    names: gateNames,
    init: (key) => uniformGates(key, 3, inputs, size, dtype),
    check(params, x, h, wanted) {
      const given = { x, ...named(params, gateNames, wanted.suffix), ...(h && { h }) }
      dims(fn, given, `${wanted.x}, ${specs}, ${wanted.state}`)
    },
    project: ({ weight_ih, bias_ih }, x) => affine(x, weight_ih, bias_ih),
    step({ weight_hh, bias_hh }, projected, h) {
      const [xr, xz, xn] = columns(projected, 3) as [Tensor, Tensor, Tensor]
      const [hr, hz, hn] = columns(affine(h, weight_hh, bias_hh), 3) as [Tensor, Tensor, Tensor]
      const n = tanh(xn.add(sigmoid(xr.add(hr)).mul(hn)))
      return between(n, h, sigmoid(xz.add(hz)))
    },
  }
}

function tf1(fn: string, inputs: number, size: number, dtype: Float): Form<Tf1Params> {
  const all = inputs + size
  const specs = `${all} ${2 * size}, ${2 * size}, ${all} ${size}, ${size}`
  const ofInput = (kernel: Tensor): Tensor => kernel.slice([0, 0], [inputs, kernel.shape[1] as number])
  const ofState = (kernel: Tensor): Tensor => kernel.slice([inputs, 0])
  const names = ['gateKernel', 'gateBias', 'candidateKernel', 'candidateBias'] as const
  return {
    names,
    init(key: Key) {
      const [gateKey = key, candidateKey = key] = split(key)
      // An initializer takes [out, in].
      return {
        gateKernel: glorotUniform(gateKey, [2 * size, all], { dtype }).transpose(),
        gateBias: full([2 * size], 1, { dtype }),
        candidateKernel: glorotUniform(candidateKey, [size, all], { dtype }).transpose(),
        candidateBias: zeros([size], { dtype }),
      }
    },
    check(params, x, h, wanted) {
      const given = { x, ...named(params, names, wanted.suffix), ...(h && { h }) }
      dims(fn, given, `${wanted.x}, ${specs}, ${wanted.state}`)
    },
    project({ gateKernel, gateBias, candidateKernel, candidateBias }, x) {
      const kernel = concat([ofInput(gateKernel), ofInput(candidateKernel)], { axis: 1 })
      return matmul(x, kernel).add(concat([gateBias, candidateBias]))
    },
    step({ gateKernel, candidateKernel }, projected, h) {
      const [xr, xu, xn] = columns(projected, 3) as [Tensor, Tensor, Tensor]
      const [hr, hu] = columns(matmul(h, ofState(gateKernel)), 2) as [Tensor, Tensor]
      const reset = sigmoid(xr.add(hr)).mul(h)
      return between(tanh(xn.add(matmul(reset, ofState(candidateKernel)))), h, sigmoid(xu.add(hu)))
    },
  }
}

/** (1 − z) n + z h, in which z = 1 keeps every digit of h. */
function between(n: Tensor, h: Tensor, z: Tensor): Tensor {
  return n.mul(z.neg().add(1)).add(z.mul(h))
}

/** Names of the parameters of PyTorch's recurrent layers. */
export const gateNames = ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh'] as const

/** Parameters of `gates` gates as in PyTorch's recurrent layers: uniform on ±1 / √size. */
export function uniformGates(key: Key, gates: number, inputs: number, size: number, dtype: Float): PyTorchParams {
  const [a = key, b = key, c = key, d = key] = split(key, 4)
  const high = 1 / Math.sqrt(size)
  const options = { low: -high, high, dtype }
  return {
    weight_ih: uniform(a, [gates * size, inputs], options),
    weight_hh: uniform(b, [gates * size, size], options),
    bias_ih: uniform(c, [gates * size], options),
    bias_hh: uniform(d, [gates * size], options),
  }
}
