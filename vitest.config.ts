import { defineConfig } from 'vitest/config'

// Workspace packages are tested as sources: no build comes before the tests.
const conditions = ['@wengert/source']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['{packages/*/src,examples,tests}/**/*.test.ts'],
    setupFiles: ['./vitest.setup.ts'],
    // A long hunt takes as long as it takes.
    testTimeout: process.env.WENGERT_RUNS ? 3_600_000 : 20_000,
  },
})
