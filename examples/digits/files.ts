import { closeSync, openSync, readFileSync } from 'node:fs'
import { InputError } from './inputError.ts'

/** The bytes of a file that somebody named. */
export function readInput(path: string): Uint8Array {
  return tried(`${path} cannot be read`, () => readFileSync(path))
}

/** Fails now rather than after the training if the file cannot be written. */
export function checkWritable(path: string): void {
  tried(`${path} cannot be written`, () => closeSync(openSync(path, 'a')))
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EISDIR: 'it is a folder',
  EACCES: 'permission is denied',
}

function tried<T>(failure: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException
    throw new InputError(`${failure}: ${reasons[code] ?? code}.`)
  }
}
