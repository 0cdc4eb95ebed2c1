import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/**
 * TensorFlow.js with its CPU backend and all gradients. Its core registers gradients only through a module that Node
 * cannot resolve (imports without extensions), so it is bundled first.
 */
async function load(): Promise<typeof import('@tensorflow/tfjs-core')> {
  const outfile = fileURLToPath(new URL('./node_modules/.cache/tfjs.cjs', import.meta.url))
  const contents = `
    import '@tensorflow/tfjs-core/dist/register_all_gradients'
    import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops'
    import '@tensorflow/tfjs-backend-cpu'
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
  const tf = createRequire(import.meta.url)(outfile) as typeof import('@tensorflow/tfjs-core')
  tf.enableProdMode()
  await tf.setBackend('cpu')
  return tf
}

export const tf: typeof import('@tensorflow/tfjs-core') = await load()
