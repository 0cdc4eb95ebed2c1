import { playwright } from '@vitest/browser-playwright'
import { configDefaults, defineConfig, type TestProjectConfiguration } from 'vitest/config'
import { chromium, chromiumArguments, driverEnvironment } from './scripts/gpu.ts'
import { node20 } from './scripts/node.ts'

// Workspace packages are tested as sources: no build comes before the tests.
const conditions = ['@wengert/source']
const shared = { resolve: { conditions }, ssr: { resolve: { conditions } } }

// `WENGERT_RUNS=10000 npm test` for a long hunt, which takes as long as it takes.
const { WENGERT_RUNS } = process.env
const testTimeout = WENGERT_RUNS ? 3_600_000 : 20_000
const common = {
  setupFiles: ['./vitest.setup.ts'],
  testTimeout,
  hookTimeout: 60_000,
  provide: { runs: Number(WENGERT_RUNS ?? 100) },
}

// Tests that need a WebGPU adapter; they run in Node and in a browser.
const gpuTests = ['packages/*/src/**/*.gpu.test.ts']
// Tests of what only browsers have.
const browserTests = ['packages/*/src/**/*.browser.test.ts']
// Those of golden figures choose what the suites run on, so they have their modules to themselves.
const losses = 'packages/losses/src/**/!(*golden*|*.gpu).test.ts'

const projects: TestProjectConfiguration[] = [
  {
    ...shared,
    test: {
      ...common,
      name: 'node',
      include: ['{packages/*/src,examples,tests}/**/*.test.ts'],
      exclude: [...configDefaults.exclude, ...gpuTests, ...browserTests, losses],
    },
  },
  {
    ...shared,
    // Many small files: what they share is loaded and warmed up once for each worker, and plans are kept.
    test: { ...common, name: 'losses', include: [losses], isolate: false },
  },
]
const skipped: string[] = []
if (!node20()) skipped.push('the conformance kit in Node 20 (put it on the PATH, or set NODE20 to its path)')

const driver = driverEnvironment()
if (driver)
  projects.push({
    ...shared,
    test: { ...common, name: 'webgpu', include: gpuTests, env: driver, testTimeout: 6 * testTimeout },
  })
else skipped.push('WebGPU in Node (install a Vulkan driver and its loader: apt-get install libvulkan1 chromium)')

const executablePath = chromium()
if (executablePath)
  projects.push({
    resolve: { conditions: ['browser', ...conditions] },
    // With these a page may share memory with its workers.
    server: {
      headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
    },
    test: {
      ...common,
      name: 'browser',
      include: [...gpuTests, ...browserTests],
      testTimeout: 6 * testTimeout,
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: playwright({ launchOptions: { executablePath, args: [...chromiumArguments] } }),
        instances: [{ browser: 'chromium' }],
      },
    },
  })
else
  skipped.push(
    'WebGPU and threads in a browser (install Chromium: apt-get install chromium, or set CHROMIUM to its path)',
  )

if (skipped.length > 0) {
  const line = `Skipped: ${skipped.join('; ')}.`
  if (process.env.WENGERT_ALL) throw new Error(line)
  // Said last, where it is seen.
  process.on('exit', () => console.log(line))
}

export default defineConfig({ test: { projects } })
