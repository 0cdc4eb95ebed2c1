import { type LstmOptions, type LstmParams, type LstmState, lstmRecurrence } from './lstmCell.ts'
import { layerOf, type RecurrentLayer } from './recurrence.ts'
import { isStack, type StackOptions, type StackParams, stackOf } from './stacked.ts'

/**
 * Long short-term memory over sequences: `lstmCell` applied to each element in turn. Use it for sequences as `gru`, where
 * something is to be counted or kept unchanged for long.
 *
 *     h₀, c₀ = 0 or the state given,   hₜ, cₜ = lstmCell(xₜ, hₜ₋₁, cₜ₋₁),   y = h₁ … h_T
 *
 * `apply` returns the outputs, so that layers can be stacked by `sequential`; `run` returns them with the last state and takes
 * a first one. With `layers` or `bidirectional` it is several in one, and parameters are named as in PyTorch's LSTM: weight_ih_l0,
 * weight_hh_l0, bias_ih_l0, bias_hh_l0, weight_ih_l0_reverse, … weight_ih_l1, and so on.
 * Shapes: x [...B, T, in] → [...B, T, out]; h and c of states [...B, out]. PyTorch's LSTM takes such input with batch_first. Of
 * several, outputs are [...B, T, directions · out], and h and c [layers · directions, ...B, out], both directions of a layer before
 * the next.
 * Source: Hochreiter, Schmidhuber, Long short-term memory (1997).
 *
 * @example
 * const layer = lstm({ in: 2, out: 3 })
 * const [outputs, { h, c }] = layer.run(layer.init(key(0)), ones([4, 5, 2]))
 */
export function lstm(
  options: LstmOptions & { readonly [Name in keyof StackOptions]?: never },
): RecurrentLayer<LstmParams, LstmState>
export function lstm(options: LstmOptions & StackOptions): RecurrentLayer<StackParams<LstmParams>, LstmState>
export function lstm(
  options: LstmOptions & StackOptions,
): RecurrentLayer<LstmParams, LstmState> | RecurrentLayer<StackParams<LstmParams>, LstmState> {
  if (!isStack(options)) return layerOf('lstm', lstmRecurrence('lstm', options))
  return stackOf('lstm', options, (inputs) => lstmRecurrence('lstm', { ...options, in: inputs }))
}
