/**
 * Each package works alone: its tarball is installed into a project of its own, with the tarballs of the @wengert
 * packages that it declares and nothing else of ours, and a program that imports it runs and compiles there.
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { driverEnvironment } from '../scripts/gpu.ts'
import { userPath } from '../scripts/node.ts'
import { build, pack, published, tool } from '../scripts/packages.ts'

interface Program {
  /** Packages that the program uses beside the one it shows: mostly a backend, to read a value. */
  readonly beside?: readonly string[]
  /** Packages of others, with their versions, and the libraries of TypeScript that their users need. */
  readonly others?: Readonly<Record<string, string>>
  readonly lib?: readonly string[]
  /** @default the environment of the test */
  readonly env?: Readonly<Record<string, string>>
  /** Compiles as TypeScript and, without its types, runs as JavaScript; `equal` throws. */
  readonly code: string
}

const cpu = ['@wengert/backend-cpu']
const driver = driverEnvironment()

const programs: Record<string, Program> = {
  '@wengert/core': {
    beside: cpu,
    code: `
      import { grad, recordCallSites, sum, type Tensor, tensor, useBackend } from '@wengert/core'
      import { cpu } from '@wengert/backend-cpu'
      useBackend(cpu())
      equal(grad((x: Tensor) => sum(x.mul(x)))(tensor([1, 2, 3])).dataSync(), [2, 4, 6])
      recordCallSites()
      let message = ''
      try {
        tensor([0]).log().dataSync({ check: 'finite' })
      } catch (error) {
        message = String(error)
      }
      equal([Number(/made at .*main\\.js:\\d+:\\d+/.test(message))], [1])`,
  },
  '@wengert/backend-cpu': {
    code: `
      import { full, grad, matmul, sum, type Tensor, tensor, useBackend } from '@wengert/core'
      import { cpu } from '@wengert/backend-cpu'
      useBackend(cpu())
      equal(grad((x: Tensor) => sum(x.mul(x).mul(x)))(tensor([1, 2, 3])).dataSync(), [3, 12, 27])
      // Large enough for WebAssembly, and for a second thread, whose module must be in the package.
      const threads = cpu({ threads: 2 })
      const x = full([200, 200], 0.5)
      for (let run = 0; run < 20; run++) equal([sum(matmul(x, x)).item({ backend: threads })], [200 ** 3 / 4])`,
  },
  '@wengert/backend-cpu/loops': {
    code: `
      import { grad, sum, type Tensor, tensor, useBackend } from '@wengert/core'
      import { loops } from '@wengert/backend-cpu/loops'
      useBackend(loops())
      equal(grad((x: Tensor) => sum(x.mul(x).mul(x)))(tensor([1, 2, 3])).dataSync(), [3, 12, 27])`,
  },
  '@wengert/gradcheck': {
    code: `
      import { sum, type Tensor, tensor, useBackend } from '@wengert/core'
      import { cpu } from '@wengert/backend-cpu'
      import { checkGradients } from '@wengert/gradcheck'
      useBackend(cpu())
      checkGradients((x: Tensor) => sum(x.mul(x)), [tensor([1, 2, 3], { dtype: 'f64' })])`,
  },
  // The heart of gradcheck, for functions that are not Wengert's.
  '@wengert/gradcheck/plain': {
    code: `
      import { checkGradient, GradientCheckError, type PlainFunction } from '@wengert/gradcheck/plain'
      const cube: PlainFunction = { value: ([x = 0]) => x ** 3, gradient: ([x = 0]) => [3 * x ** 2] }
      equal([checkGradient(cube, [2]).checks], [1])
      try {
        checkGradient({ ...cube, gradient: () => [1] }, [2])
      } catch (error) {
        equal([Number(error instanceof GradientCheckError && error.verdict === 'wrong')], [1])
      }`,
  },
  // Its entries for other frameworks, beside these frameworks.
  '@wengert/gradcheck/jax-js': {
    others: { '@jax-js/jax': '0.1.25' },
    lib: ['es2023', 'dom'],
    code: `
      import { type Array as JaxArray, defaultDevice, init, numpy as np } from '@jax-js/jax'
      import { checkGradients } from '@wengert/gradcheck/jax-js'
      await init('cpu')
      defaultDevice('cpu')
      equal([checkGradients((x: JaxArray) => np.tanh(x), [np.array([0.5, -1])]).checks], [2])`,
  },
  '@wengert/gradcheck/tfjs': {
    others: { '@tensorflow/tfjs': '4.22.0' },
    lib: ['es2023', 'dom'],
    code: `
      import * as tf from '@tensorflow/tfjs'
      import { checkGradients } from '@wengert/gradcheck/tfjs'
      await tf.setBackend('cpu')
      equal([checkGradients((x: tf.Tensor) => tf.tanh(x), [tf.tensor1d([0.5, -1])]).checks], [2])`,
  },
  '@wengert/gradcheck/vitest': {
    others: { vitest: '5.1.1' },
    code: `
      import { logSumExp, type Tensor, tensor } from '@wengert/core'
      import { gradientMatchers } from '@wengert/gradcheck/vitest'
      const f = (x: Tensor) => logSumExp(x)
      equal([Number(gradientMatchers.toHaveCorrectGradients.call({ isNot: false } as never, f, [tensor([1, 2])]).pass)], [1])`,
  },
  '@wengert/backend-webgpu': {
    // Without a driver the error that says so is all that can be seen.
    others: { webgpu: '0.6.2' },
    lib: ['es2023', 'dom'],
    env: driver ?? {},
    code: `
      import { BackendError, grad, sum, type Tensor, tensor } from '@wengert/core'
      import { webgpu } from '@wengert/backend-webgpu'
      try {
        const backend = await webgpu()
        equal(await grad((x: Tensor) => sum(x.mul(x)))(tensor([1, 2])).data({ backend }), [2, 4])
      } catch (error) {
        if (${driver !== null} || !(error instanceof BackendError)) throw error
      }`,
  },
  '@wengert/conformance': {
    code: `
      import { grad, sum, type Tensor, tensor } from '@wengert/core'
      import { cpu } from '@wengert/backend-cpu'
      import { conformance } from '@wengert/conformance'
      const backend = cpu()
      for (const { name, run } of conformance()) if (name.startsWith('matmul')) await run(backend)
      equal(grad((x: Tensor) => sum(x.mul(x)))(tensor([1, 2])).dataSync({ backend }), [2, 4])`,
  },
  '@wengert/losses': {
    beside: cpu,
    code: `
      import { grad, mean, type Tensor, tensor, useBackend } from '@wengert/core'
      import { cpu } from '@wengert/backend-cpu'
      import { squaredError } from '@wengert/losses'
      useBackend(cpu())
      const gradient = grad((predictions: Tensor) => mean(squaredError(predictions, tensor([1, 2]))))
      equal(gradient(tensor([2, 4])).dataSync(), [1, 2])`,
  },
  '@wengert/nn': {
    beside: cpu,
    code: `
      import { grad, key, sum, tensor, useBackend } from '@wengert/core'
      import { cpu } from '@wengert/backend-cpu'
      import { dense, type Params } from '@wengert/nn'
      useBackend(cpu())
      const layer = dense({ in: 2, out: 1 })
      const gradient = grad((params: Params<typeof layer>) => sum(layer.apply(params, tensor([[3, 5]]))))
      equal(gradient(layer.init(key(0))).weight.dataSync(), [3, 5])`,
  },
  '@wengert/optim': {
    beside: cpu,
    code: `
      import { grad, sum, type Tensor, tensor, useBackend } from '@wengert/core'
      import { cpu } from '@wengert/backend-cpu'
      import { applyUpdates, sgd } from '@wengert/optim'
      useBackend(cpu())
      const params = { w: tensor([4]) }
      const optimizer = sgd({ lr: 0.25 })
      const gradients = grad((p: typeof params) => sum(p.w.mul(p.w)))(params)
      const [updates] = optimizer.update(gradients, optimizer.init(params), params)
      equal(applyUpdates(params, updates).w.dataSync(), [2])`,
  },
  '@wengert/estimators': {
    beside: cpu,
    code: `
      import { grad, tensor, type Tensor, useBackend } from '@wengert/core'
      import { cpu } from '@wengert/backend-cpu'
      import { mahalanobisScore } from '@wengert/estimators'
      useBackend(cpu())
      const model = { means: tensor([[1, 1]]), precision: tensor([[2, 0], [0, 1]]) }
      equal(grad((x: Tensor) => mahalanobisScore(x, model))(tensor([3, 2])).dataSync(), [-4, -1])`,
  },
  '@wengert/data': {
    beside: cpu,
    code: `
      import { grad, mean, type Tensor, tensor, useBackend } from '@wengert/core'
      import { cpu } from '@wengert/backend-cpu'
      import { batches, labelledExamples, parseCsv } from '@wengert/data'
      useBackend(cpu())
      for (const { x } of batches(labelledExamples(parseCsv('1,2,0\\n3,4,1')), { size: 2 }))
        equal(grad((scale: Tensor) => mean(x.mul(scale)))(tensor(1)).dataSync(), [2.5])`,
  },
  '@wengert/data/node': {
    code: `
      import { tensor, zeros } from '@wengert/core'
      import { restore } from '@wengert/data'
      import { loadSafetensors, saveSafetensors } from '@wengert/data/node'
      await saveSafetensors('weights.safetensors', { layers: [{ weight: tensor([1, 2]) }] }, { epoch: '3' })
      const { tree, metadata } = await loadSafetensors('weights.safetensors')
      const params = restore({ layers: [{ weight: zeros([2]) }] as const }, tree)
      equal([...params.layers[0].weight.dataSync(), Number(metadata.epoch)], [1, 2, 3])`,
  },
}

/** In front of every program. */
const equal = `
      const equal = (got: ArrayLike<number | boolean>, want: readonly number[]) => {
        if (String(Array.from(got)) !== String(want)) throw new Error('got ' + got + ', want ' + want)
      }`

// The declarations of other packages may collide with those of TypeScript.
const tsconfig = ({ lib = ['es2023'], others }: Program) => ({
  compilerOptions: {
    ...{ strict: true, module: 'nodenext', target: 'es2023', lib, types: [], noEmit: true },
    skipLibCheck: others !== undefined,
  },
  files: ['main.ts'],
})

let folder = ''
let tarballs = new Map<string, string>()

const run = (cwd: string, env: Program['env'], command: string, ...args: string[]) =>
  promisify(execFile)(command, args, { cwd, env: { ...process.env, ...env, PATH: userPath } }).catch(
    ({ message, stdout }) => {
      throw new Error(message + stdout)
    },
  )

/** A package with all that it declares of ours, directly or through another. */
function closure(names: readonly string[]): string[] {
  const found = new Set(names)
  for (const name of found)
    for (const dependency of Object.keys(published.find((p) => p.manifest.name === name)?.manifest.dependencies ?? {}))
      if (tarballs.has(dependency)) found.add(dependency)
  return [...found]
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wengert-pack-'))
  build()
  tarballs = pack(folder)
}, 120_000)

afterAll(() => rmSync(folder, { recursive: true }))

/** The package of an import, which may go deeper. */
const packageOf = (specifier: string): string => specifier.split('/').slice(0, 2).join('/')

test('every published package has a program here', () => {
  const shown = new Set(Object.keys(programs).map(packageOf))
  expect([...shown].sort()).toEqual(published.map(({ manifest }) => manifest.name).sort())
})

test.concurrent.for(Object.entries(programs))('%s works alone', { timeout: 120_000 }, async ([specifier, program]) => {
  const name = packageOf(specifier)
  const project = join(folder, specifier.replaceAll('/', '-'))
  const dependencies = closure([name, ...(program.beside ?? [])]).map((it) => [it, `file:${tarballs.get(it)}`])
  mkdirSync(project, { recursive: true })
  const write = (file: string, text: string) => writeFileSync(join(project, file), text)
  write(
    'package.json',
    JSON.stringify({
      type: 'module',
      private: true,
      dependencies: { ...Object.fromEntries(dependencies), ...program.others },
    }),
  )
  // Nothing of ours may come from a registry: there is none at this address.
  write('.npmrc', '@wengert:registry=http://127.0.0.1:9/\nfetch-retries=0\n')
  write('tsconfig.json', JSON.stringify(tsconfig(program)))
  write('main.ts', equal + program.code)
  write('main.js', stripTypeScriptTypes(equal + program.code))

  await run(project, {}, 'npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error')
  expect(existsSync(join(project, 'node_modules', name, 'src'))).toBe(false)
  await run(project, program.env, 'node', 'main.js')
  await run(project, {}, tool('tsc'))
})
