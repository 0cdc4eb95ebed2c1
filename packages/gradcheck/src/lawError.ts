/** Something that must hold for a function and does not. */
export class LawError extends Error {
  override readonly name = 'LawError'
}
