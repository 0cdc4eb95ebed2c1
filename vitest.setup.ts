import { configureGlobal } from 'fast-check'

/** How many examples each property is tried on: `WENGERT_RUNS=10000 npm test` for a long hunt. */
configureGlobal({ numRuns: Number(process.env.WENGERT_RUNS ?? 100) })
