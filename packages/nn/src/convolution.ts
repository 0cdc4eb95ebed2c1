import {
  checkCount,
  checkOption,
  type DrawOptions,
  dims,
  type Key,
  type Shape,
  sizeOf,
  split,
  type Tensor,
} from '@wengert/core'
import { constant, heUniform, type Initializer } from './initializers.ts'
import type { Layer } from './layer.ts'

/** What convolutions of any rank are told beside how their windows lie. */
export interface ConvolutionOptions<Bias extends boolean = true> extends DrawOptions {
  /** Number of input channels. */
  readonly in: number
  /** Number of output channels. */
  readonly out: number
  /** Into how many groups channels are divided; each sees its own only. @default 1 */
  readonly groups?: number
  /** Whether to add a bias. @default true */
  readonly bias?: Bias
  /** How the weight starts. @default heUniform */
  readonly weightInit?: Initializer
  /** How the bias starts. @default constant(0) */
  readonly biasInit?: Initializer
}

/** Parameters of convolutions, named and laid out as in PyTorch: weight [out, in / groups, ...kernel], bias [out]. */
export type ConvolutionParams<Bias extends boolean = true> = Bias extends true
  ? { readonly weight: Tensor; readonly bias: Tensor }
  : { readonly weight: Tensor }

/** The layer of a convolution `f` of images [B, in, ...space] whose kernel has the sizes `kernel`. */
export function convolution<Bias extends boolean>(
  fn: string,
  kernel: Shape,
  {
    in: inputs,
    out: outputs,
    groups = 1,
    bias: hasBias = true as Bias,
    weightInit = heUniform,
    biasInit = constant(0),
    dtype = 'f32',
  }: ConvolutionOptions<Bias>,
  f: (x: Tensor, weight: Tensor) => Tensor,
): Layer<ConvolutionParams<Bias>> {
  checkCount(fn, 'in', inputs, 1)
  checkCount(fn, 'out', outputs, 1)
  checkCount(fn, 'groups', groups, 1)
  const divides = inputs % groups === 0 && outputs % groups === 0
  checkOption(fn, 'groups', groups, divides, `a divisor of in, ${inputs}, and of out, ${outputs}`)
  for (const size of kernel) checkCount(fn, 'kernel', size, 1)
  const shape = [outputs, inputs / groups, ...kernel]
  const space = kernel.length === 1 ? 'T' : 'H W'
  return {
    init(key: Key) {
      const [weightKey = key, biasKey = key] = split(key)
      const weight = weightInit(weightKey, shape, { dtype })
      return (
        hasBias ? { weight, bias: biasInit(biasKey, [outputs], { dtype }) } : { weight }
      ) as ConvolutionParams<Bias>
    },
    apply(params, x) {
      const { weight, bias } = params as { readonly weight: Tensor; readonly bias?: Tensor }
      const given = { x, weight, ...(bias && { bias }) }
      dims(fn, given, `...B ${inputs} ${space}, ${shape.join(' ')}, ${outputs}`)
      const batch = x.shape.slice(0, -kernel.length - 1)
      const y = f(x.reshape([sizeOf(batch), ...x.shape.slice(batch.length)]), weight)
      const all = y.reshape([...batch, ...y.shape.slice(1)])
      return bias ? all.add(bias.reshape([outputs, ...kernel.map(() => 1)])) : all
    },
  }
}
