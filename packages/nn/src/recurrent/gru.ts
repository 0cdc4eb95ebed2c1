import type { Tensor } from '@wengert/core'
import { type GruOptions, type GruParams, type GruVariant, gruRecurrence } from './gruCell.ts'
import { layerOf, type RecurrentLayer } from './recurrence.ts'
import { isStack, type StackOptions, type StackParams, stackOf } from './stacked.ts'

/**
 * Gated recurrent unit over sequences: `gruCell` applied to each element in turn. Use it for sequences where memory is
 * scarce or elements arrive one at a time, and what matters is not too far back.
 *
 *     h₀ = 0 or the state given,   hₜ = gruCell(xₜ, hₜ₋₁),   y = h₁ … h_T
 *
 * `apply` returns the outputs, so that layers can be stacked by `sequential`; `run` returns them with the last state and takes
 * a first one. With `layers` or `bidirectional` it is several in one, and parameters are named as in PyTorch's GRU: weight_ih_l0,
 * weight_hh_l0, bias_ih_l0, bias_hh_l0, weight_ih_l0_reverse, … weight_ih_l1, and so on.
 * Shapes: x [...B, T, in] → [...B, T, out]; states [...B, out]. PyTorch's GRU takes such input with batch_first. Of several,
 * outputs are [...B, T, directions · out], and states [layers · directions, ...B, out], both directions of a layer before the next.
 * Source: Cho et al., Learning phrase representations using RNN encoder-decoder, arXiv 1406.1078 (2014).
 *
 * @example
 * const layer = gru({ in: 2, out: 3 })
 * const [outputs, h] = layer.run(layer.init(key(0)), ones([4, 5, 2]))
 */
export function gru<Variant extends GruVariant = 'pytorch'>(
  options: GruOptions<Variant> & { readonly [Name in keyof StackOptions]?: never },
): RecurrentLayer<GruParams<Variant>, Tensor>
export function gru<Variant extends GruVariant = 'pytorch'>(
  options: GruOptions<Variant> & StackOptions,
): RecurrentLayer<StackParams<GruParams<Variant>>, Tensor>
export function gru<Variant extends GruVariant>(
  options: GruOptions<Variant> & StackOptions,
): RecurrentLayer<GruParams<Variant>, Tensor> | RecurrentLayer<StackParams<GruParams<Variant>>, Tensor> {
  if (!isStack(options)) return layerOf('gru', gruRecurrence('gru', options))
  return stackOf('gru', options, (inputs) => gruRecurrence('gru', { ...options, in: inputs }))
}
