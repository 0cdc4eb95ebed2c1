import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

type Tf = typeof import('@tensorflow/tfjs-core')

/**
 * TensorFlow.js with its WebAssembly backend and all gradients, bundled as ../tfjs.ts says. In Node it has SIMD and one thread.
 */
async function load(): Promise<Tf> {
  const outfile = fileURLToPath(new URL('../node_modules/.cache/tfjsWasm.cjs', import.meta.url))
  const contents = `
    import '@tensorflow/tfjs-core/dist/register_all_gradients'
    import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops'
    export { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
    export * from '@tensorflow/tfjs-core'`
  await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    outfile,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    mainFields: ['module', 'main'],
    logLevel: 'error',
  })
  const require = createRequire(import.meta.url)
  const tf = require(outfile) as Tf & { setWasmPaths(folder: string): void }
  // Its binaries lie beside its entry for Node.
  tf.setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`)
  tf.enableProdMode()
  await tf.setBackend('wasm')
  return tf
}

export const tf: Tf = await load()
