import { checkCount, type DrawOptions, dims, sigmoid, type Tensor, tanh, zeros } from '@wengert/core'
import { type GruParams, gateNames, uniformGates } from './gruCell.ts'
import { affine, type Cell, cellOf, columns, named, type Recurrence } from './recurrence.ts'

export interface LstmOptions extends DrawOptions {
  /** Number of input features. */
  readonly in: number
  /** Number of features of the output, and of the cell's memory. */
  readonly out: number
}

/**
 * Parameters of `lstmCell` and `lstm`, as in PyTorch's LSTMCell (its LSTM adds _l0 to the names, and so does `lstm` with `layers`) with the gates i, f, g, o one below the other, and with H = out: weight_ih
 * [4H, in], weight_hh [4H, H], bias_ih and bias_hh [4H].
 */
export type LstmParams = GruParams<'pytorch'>

/** What an LSTM hands from step to step. */
export interface LstmState {
  /** Output [...B, out]. */
  readonly h: Tensor
  /** Memory [...B, out]. */
  readonly c: Tensor
}

/**
 * Long short-term memory, one step: a memory c that gates write to, erase and read. Use it where steps come one at a time, and
 * `lstm` for whole sequences.
 *
 *     i, f, o = σ(W x + b + U h + c) of each gate      write, keep, read
 *     g = tanh(Wg x + bg + Ug h + cg)
 *     c' = f · c + i · g
 *     h' = o · tanh(c')
 *
 * Parameters start as in PyTorch, uniform on ±1 / √out.
 * Shapes: x [...B, in], h and c [...B, out] → h and c [...B, out]; without a state it is 0.
 * Source: Hochreiter, Schmidhuber, Long short-term memory (1997); Gers, Schmidhuber, Cummins, Learning to forget (2000), for f.
 *
 * @example
 * const cell = lstmCell({ in: 2, out: 3 })
 * const { h, c } = cell.apply(cell.init(key(0)), ones([4, 2]))
 */
export function lstmCell(options: LstmOptions): Cell<LstmParams, LstmState> {
  return cellOf(lstmRecurrence('lstmCell', options))
}

/** What `lstmCell` and `lstm` consist of. */
export function lstmRecurrence(
  fn: string,
  { in: inputs, out: size, dtype = 'f32' }: LstmOptions,
): Recurrence<LstmParams, LstmState> {
  checkCount(fn, 'in', inputs, 1)
  checkCount(fn, 'out', size, 1)
  const specs = `${4 * size} ${inputs}, ${4 * size} ${size}, ${4 * size}, ${4 * size}`
  return {
    in: inputs,
    out: size,
    names: gateNames,
    init: (key) => uniformGates(key, 4, inputs, size, dtype),
    check(params, x, state, wanted) {
      const given = { x, ...named(params, gateNames, wanted.suffix), ...(state && { h: state.h, c: state.c }) }
      dims(fn, given, `${wanted.x}, ${specs}, ${wanted.state}, ${wanted.state}`)
    },
    project: ({ weight_ih, bias_ih }, x) => affine(x, weight_ih, bias_ih),
    step({ weight_hh, bias_hh }, projected, { h, c }) {
      const gates = columns(projected.add(affine(h, weight_hh, bias_hh)), 4)
      const [i, f, g, o] = gates as [Tensor, Tensor, Tensor, Tensor]
      const memory = sigmoid(f)
        .mul(c)
        .add(sigmoid(i).mul(tanh(g)))
      return { h: sigmoid(o).mul(tanh(memory)), c: memory }
    },
    zeros(rows, like) {
      const zero = zeros([rows, size], { dtype: like.dtype })
      return { h: zero, c: zero }
    },
    reshape: ({ h, c }, batch) => ({ h: h.reshape([...batch, size]), c: c.reshape([...batch, size]) }),
    output: ({ h }) => h,
  }
}
