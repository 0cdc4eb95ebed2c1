/**
 * Errors of Wengert. Every message reads
 * `<function>: <argument> must <expectation>, got <actual>. <remedy>`.
 */
export class WengertError extends Error {
  override readonly name: string = 'WengertError'
}

/** How a value of the wrong kind stands in messages. */
export function describe(value: unknown): string {
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object' && value !== null) return `a ${value.constructor?.name}`
  return typeof value === 'function' ? 'a function' : String(value)
}

/** Shapes, ranks or axes that do not fit. */
export class ShapeError extends WengertError {
  override readonly name = 'ShapeError'
}

/** An element type that an operation does not take. */
export class DTypeError extends WengertError {
  override readonly name = 'DTypeError'
}

/** A value outside its domain: an option, a label, a probability, a size. */
export class ValueError extends WengertError {
  override readonly name = 'ValueError'
}

/** Trees (nested arrays and plain objects of tensors) of unequal structure, or with a leaf that is no tensor. */
export class TreeError extends WengertError {
  override readonly name = 'TreeError'
}

/** No backend, or a backend that cannot do what was asked. */
export class BackendError extends WengertError {
  override readonly name = 'BackendError'
}

/** A tensor whose memory was donated to a later version of its state. */
export class StateError extends WengertError {
  override readonly name = 'StateError'
}
