import { WengertError } from '@wengert/core'
import { describe, expect, test } from 'vitest'

/** Expects each call to throw an error of ours with just the message it stands under. */
export function describeErrors(name: string, calls: Readonly<Record<string, () => unknown>>): void {
  describe(`${name} fails with`, () => {
    for (const [message, call] of Object.entries(calls))
      test(message, () => {
        let thrown: unknown
        try {
          call()
        } catch (error) {
          thrown = error
        }
        expect(thrown).toBeInstanceOf(WengertError)
        expect((thrown as WengertError).message).toBe(message)
      })
  })
}
