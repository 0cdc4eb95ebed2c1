import { type LstmOptions, type LstmParams, type LstmState, lstmRecurrence } from './lstmCell.ts'
import { layerOf, type RecurrentLayer } from './recurrence.ts'

/**
 * Long short-term memory over sequences: `lstmCell` applied to each element in turn. Use it for sequences as `gru`, where
 * something is to be counted or kept unchanged for long.
 *
 *     h₀, c₀ = 0 or the state given,   hₜ, cₜ = lstmCell(xₜ, hₜ₋₁, cₜ₋₁),   y = h₁ … h_T
 *
 * `apply` returns the outputs, so that layers can be stacked by `sequential`; `run` returns them with the last state and takes
 * a first one.
 * Shapes: x [...B, T, in] → [...B, T, out]; h and c of states [...B, out]. PyTorch's LSTM takes such input with batch_first.
 * Source: Hochreiter, Schmidhuber, Long short-term memory (1997).
 *
 * @example
 * const layer = lstm({ in: 2, out: 3 })
 * const [outputs, { h, c }] = layer.run(layer.init(key(0)), ones([4, 5, 2]))
 */
export function lstm(options: LstmOptions): RecurrentLayer<LstmParams, LstmState> {
  return layerOf('lstm', lstmRecurrence('lstm', options))
}
