import { cpu } from '@wengert/backend-cpu'
import * as w from '@wengert/core'
import { chains } from './chains.ts'
import { check, checkClose } from './check.ts'
import { fusedProducts } from './fusedProducts.ts'
import { halves } from './halves.ts'
import { inPlace } from './inPlace.ts'
import { input, numbers } from './inputs.ts'
import { type Program, programs } from './programs.ts'
import { severalOutputs } from './severalOutputs.ts'
import { storedValues } from './stored.ts'

/** Something a backend must do; `run` throws if it does not. */
export interface Case {
  readonly name: string
  readonly run: (backend: w.Backend) => Promise<void>
}

export interface ConformanceOptions {
  /** Largest accepted difference in f32, relative to the larger of 1 and the figure. @default 1e-5 */
  readonly tolerance?: number
  /** Whether infinities and NaN must come out as in IEEE 754, which WGSL does not promise. @default true */
  readonly nonFinite?: boolean
}

/**
 * What every backend must pass: programs of all kernel kinds and dtypes, with ragged and empty shapes, broadcast and
 * strided inputs, whose results are compared with the CPU backend's; and laws of memory and order. Programs of
 * dtypes that the backend lacks are left out.
 *
 * @example for (const { name, run } of conformance()) if (name === 'logic') run(cpu())
 */
export function conformance({ tolerance = 1e-5, nonFinite = true }: ConformanceOptions = {}): readonly Case[] {
  const compared = [...programs(), ...severalOutputs(), ...halves()].map(
    ([name, program, oracle]): Case => ({ name, run: (backend) => compare(name, program, backend, tolerance, oracle) }),
  )
  return [
    ...storedValues(tolerance),
    ...fusedProducts(tolerance),
    ...inPlace(),
    ...chains(),
    ...compared,
    ...(nonFinite ? [specialValues(tolerance)] : []),
    ...laws(tolerance),
  ]
}

async function compare(
  name: string,
  program: Program,
  backend: w.Backend,
  tolerance: number,
  oracle: Program = program,
): Promise<void> {
  const outputs = program()
  if (!supported(outputs, backend)) return
  const held = backend.memory().buffers
  const actual = await w.data(outputs, { backend })
  const wanted = await w.data(oracle(), { backend: cpu() })
  actual.forEach((values, i) => {
    const output = outputs[i] as w.Tensor
    checkClose(`${name}, result ${i}`, values, wanted[i] as w.TypedArray, output.dtype, tolerance)
  })
  check(name, 'hold as many buffers as before', backend.memory().buffers, held)
}

function supported(outputs: readonly w.Tensor[], backend: w.Backend): boolean {
  return w.tape(outputs).lines.every(({ dtype }) => backend.dtypes.has(dtype))
}

function specialValues(tolerance: number): Case {
  const { NaN: nan, POSITIVE_INFINITY: high, NEGATIVE_INFINITY: low } = Number
  const program = () => {
    const x = w.tensor([nan, high, low, 0, -0, 1e4, -1e4])
    return [
      ...[w.relu, w.tanh, w.sigmoid, w.softplus, w.erf, w.isFinite].map((f) => f(x)),
      x.exp(),
      x.abs().log(),
      x.equal(x),
      x.less(1),
      w.maximum(x, 0),
      w.max(x),
      w.max(w.tensor([low, low])),
      w.logSumExp(w.tensor([low, low])),
      w.argMax(x),
      w.argSort(x),
      w.where(x.less(1), x, 1),
    ]
  }
  return { name: 'special values', run: (backend) => compare('special values', program, backend, tolerance) }
}

function laws(tolerance: number): readonly Case[] {
  const step = ({ p }: { p: w.Tensor }): readonly [{ p: w.Tensor }, w.Tensor] => {
    const loss = (v: w.Tensor) => w.sum(w.sin(w.matmul(v, v.transpose())))
    return [{ p: p.sub(w.grad(loss)(p).mul(0.01)) }, loss(p)]
  }
  return [
    {
      name: 'the same program twice gives the same bits',
      run: async (backend) => {
        const program = () => [
          w.sum(w.softmax(w.matmul(input([33, 65]), input([65, 17], { seed: 1 }))).square(), { axis: 0 }),
        ]
        const [first, second] = [await w.data(program(), { backend }), await w.data(program(), { backend })]
        checkClose('the same program twice', first[0] as w.TypedArray, second[0] as w.TypedArray, 'i32', 0)
      },
    },
    {
      name: 'inputs stay as they were, and what was read belongs to the reader',
      run: async (backend) => {
        const x = input([100])
        const before = x.dataSync()
        const y = x.mul(2)
        const read = await y.add(0).data({ backend })
        read.fill(7)
        checkClose('an input', x.dataSync(), before, 'i32', 0)
        checkClose(
          'a result read again',
          await y.data({ backend }),
          before.map((v) => 2 * v),
          'f32',
          tolerance,
        )
      },
    },
    {
      name: 'a freed buffer may be used again, a live one may not',
      run: async (backend) => {
        const size = 64
        const live = backend.upload(
          Float32Array.from({ length: size }, (_, i) => i),
          'f32',
        )
        const taken = Array.from({ length: 4 }, () => backend.alloc('f32', size))
        check('alloc', 'give each caller a buffer of its own', new Set([live, ...taken]).size, 5)
        const fill: w.Kernel = { kind: 'map', dtype: 'f32', shape: [size], inputs: [], scalars: ['f32'], steps: [] }
        const program = backend.prepare(fill)
        taken.forEach((buffer, i) => void program.run([], [i], [buffer]))
        backend.submit()
        for (const [i, buffer] of taken.entries()) {
          const values = await backend.read(buffer)
          check(
            'a buffer',
            'hold what was written to it',
            values.every((v) => v === i),
            true,
          )
        }
        check('an uploaded buffer', 'stay as it was', (await backend.read(live))[size - 1], size - 1)
        for (const buffer of [live, ...taken]) backend.free(buffer)
      },
    },
    {
      name: 'a replay gives each time what the program gives',
      run: async (backend) => {
        if (!backend.readSync) return
        const program = (x: w.Tensor, factor: number) => [
          w.logSumExp(x.mul(factor), { axis: 1 }),
          w.matmul(x.transpose(), w.cumSum(x)).add(factor),
          w.sum(x.less(factor), { axis: 0 }),
          x.transpose().reshape([24]),
          w.max(x),
        ]
        const returned: (readonly [results: w.TypedArray[], copies: w.TypedArray[]])[] = []
        for (const factor of [1, 2, 0, -0, 0.5]) {
          const x = input([4, 6])
          const outputs = program(x, factor)
          const run = w.replay([x], outputs, { backend })
          for (let i = 0; i < 6; i++) {
            const data = Float32Array.from(numbers(24, { seed: i }))
            const results = run([data])
            returned.push([results, results.map((values) => values.slice())])
            const wanted = await w.data(program(w.tensor(data, { shape: [4, 6] }), factor), { backend: cpu() })
            outputs.forEach(({ dtype }, k) => {
              const [values, expected] = [results[k], wanted[k]] as [w.TypedArray, w.TypedArray]
              checkClose(`run ${i} with ${factor}, result ${k}`, values, expected, dtype, tolerance)
            })
          }
        }
        for (const [results, copies] of returned)
          results.forEach((values, k) => {
            checkClose('what a replay returned', values, copies[k] as w.TypedArray, 'i32', 0)
          })
      },
    },
    {
      name: 'a state moves as on cpu, and its memory does not grow',
      run: async (backend) => {
        const start = () => ({ p: input([5, 3]) })
        const [here, there] = [w.state(start(), { backend }), w.state(start(), { backend: cpu() })]
        let held = -1
        for (let i = 0; i < 20; i++) {
          const [a, b] = [await here.update(step), await there.update(step)]
          checkClose(`loss of update ${i}`, new Float32Array([a]), new Float32Array([b]), 'f32', 20 * tolerance)
          if (i === 2) held = backend.memory().buffers
        }
        // Fewer are no fault: uploads of arrays that nobody holds any more go when these are collected.
        check('20 updates', 'hold no more buffers than 3', backend.memory().buffers <= held, true)
      },
    },
  ]
}
