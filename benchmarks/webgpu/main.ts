/**
 * Wengert on WebGPU beside TensorFlow.js and jax-js on WebGPU: one page in one Chromium runs all in turn. Arguments name the
 * cases to run, e.g. `matmul`; without any all are run. WENGERT_GPU=1 leaves the choice of the adapter to Chromium;
 * WENGERT_WITHOUT=tfjs leaves a contender out, as one that takes minutes for a run.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { build } from 'esbuild'
import { chromium as browserType } from 'playwright'
import { chromium, chromiumArguments } from '../../scripts/gpu.ts'

const executablePath = chromium()
if (!executablePath)
  throw new Error('benchmarks/webgpu: a Chromium must be installed. Install one, or set CHROMIUM to its path.')

// TensorFlow.js has gradients only where its own folders are imported, which have no types.
const contents = `
  import '@tensorflow/tfjs-core/dist/register_all_gradients'
  export * from './page.ts'`
const { outputFiles } = await build({
  stdin: { contents, resolveDir: import.meta.dirname },
  conditions: ['@wengert/source'],
  bundle: true,
  format: 'esm',
  target: 'es2023',
  write: false,
  logLevel: 'error',
})
const script = outputFiles[0]?.text ?? ''
const server = createServer((request, response) => {
  const isScript = request.url === '/page.js'
  response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
  response.end(isScript ? script : '<!doctype html><title>benchmark</title>')
})
await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
const { port } = server.address() as AddressInfo

const args = process.env.WENGERT_GPU
  ? ['--enable-unsafe-webgpu', '--enable-features=Vulkan', '--ignore-gpu-blocklist']
  : [...chromiumArguments]
const browser = await browserType.launch({ executablePath, args })
try {
  const page = await browser.newPage()
  page.on('console', (message) => console.log(message.text()))
  page.on('pageerror', (error) => console.error(error))
  await page.goto(`http://127.0.0.1:${port}/`)
  const code = `import('/page.js').then(({ run }) => run(${JSON.stringify(process.argv.slice(2))}, ${JSON.stringify(process.env.WENGERT_WITHOUT ?? null)}))`
  await page.evaluate(code)
} finally {
  await browser.close()
  server.close()
}
