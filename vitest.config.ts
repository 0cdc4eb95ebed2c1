import { playwright } from '@vitest/browser-playwright'
import { configDefaults, defineConfig, type TestProjectConfiguration } from 'vitest/config'
import { chromium, chromiumArguments, driverEnvironment } from './scripts/gpu.ts'

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
// Those of golden figures choose what the suites run on, so they have their modules to themselves.
const losses = 'packages/losses/src/**/!(*golden*|*.gpu).test.ts'

const projects: TestProjectConfiguration[] = [
  {
    ...shared,
    test: {
      ...common,
      name: 'node',
      include: ['{packages/*/src,examples,tests}/**/*.test.ts'],
      exclude: [...configDefaults.exclude, ...gpuTests, losses],
    },
  },
  {
    ...shared,
    // Many small files: what they share is loaded and warmed up once for each worker, and plans are kept.
    test: { ...common, name: 'losses', include: [losses], isolate: false },
  },
]
const skipped: string[] = []

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
    test: {
      ...common,
      name: 'browser',
      include: gpuTests,
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
else skipped.push('WebGPU in a browser (install Chromium: apt-get install chromium, or set CHROMIUM to its path)')

if (skipped.length > 0) {
  const line = `Skipped: ${skipped.join('; ')}.`
  if (process.env.WENGERT_ALL) throw new Error(line)
  // Said last, where it is seen.
  process.on('exit', () => console.log(line))
}

export default defineConfig({ test: { projects } })
