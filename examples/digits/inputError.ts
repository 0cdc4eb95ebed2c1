/** Something the person who runs the program can mend: a flag, a file, its contents. Shown as one sentence. */
export class InputError extends Error {
  override readonly name = 'InputError'
}
