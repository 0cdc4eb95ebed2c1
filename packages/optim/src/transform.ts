/**
 * A step from gradients to updates, as a pair of pure functions: optimizers, and what comes before or after them in a
 * `chain`. Updates are what is added to the parameters, so an optimizer's carry the minus sign.
 *
 * `S` is the type of its state, a tree of tensors: it can live in `state(…)`, be saved, and be differentiated.
 */
export interface Transform<S> {
  /** The state before the first step, for a tree of parameters. */
  init<P>(params: P): S
  /** Updates, of the structure, shapes and dtypes of the parameters, and the next state. */
  update<P>(grads: P, state: S, params: P): [updates: P, state: S]
}
