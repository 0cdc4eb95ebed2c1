import { configureGlobal } from 'fast-check'
import { inject } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** How many examples each property is tried on. */
    readonly runs: number
  }
}

configureGlobal({ numRuns: inject('runs') })
