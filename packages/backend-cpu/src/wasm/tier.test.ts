import { fc, test } from '@fast-check/vitest'
import {
  compile,
  concat,
  flip,
  key,
  matmul,
  max,
  min,
  normal,
  randomBits,
  sign,
  state,
  sum,
  type Tensor,
  tensor,
  uniform,
  where,
} from '@wengert/core'
import { describe, expect, it, vi } from 'vitest'
import type { CpuBackend } from '../cpu.ts'
import { cpu } from './cpu.ts'
import { newMemory } from './engine.ts'
import { productsOn } from './products.ts'

const loops = cpu({ wasm: false })
const wasm = cpu({ wasm: 'always' })

/** Draws of a shape as host data, through layouts of every kind. */
function draws(seed: number, [rows, columns]: readonly [number, number], layout: string): Tensor {
  const drawn = (shape: number[]): Tensor =>
    tensor(normal(key(seed), shape).dataSync({ backend: loops })).reshape(shape)
  switch (layout) {
    case 'transposed':
      return drawn([columns, rows]).transpose()
    case 'flipped':
      return flip(drawn([rows, columns]), { axis: 1 })
    case 'sliced':
      return drawn([rows + 2, columns + 3]).slice([1, 2], [rows + 1, columns + 2])
    case 'row':
      return drawn([1, columns]).broadcastTo([rows, columns])
    case 'column':
      return drawn([rows, 1]).broadcastTo([rows, columns])
    default:
      return drawn([rows, columns])
  }
}

const layout = fc.constantFrom('contiguous', 'transposed', 'flipped', 'sliced', 'row', 'column')
const size = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 10, max: 70 }))
const seed = fc.nat(1e6)

function close(f: () => Tensor, tolerance: number): void {
  const got = f().dataSync({ backend: wasm })
  const wanted = f().dataSync({ backend: loops })
  let worst = 0
  for (let i = 0; i < wanted.length; i++) worst = Math.max(worst, Math.abs((got[i] as number) - (wanted[i] as number)))
  expect(worst).toBeLessThanOrEqual(tolerance)
  expect(got.length).toBe(wanted.length)
}

describe('generated kernels and loops', () => {
  test.prop([seed, size, size, layout, layout])('agree to the bit on maps of arithmetic', (s, rows, columns, a, b) => {
    const f = (): Tensor => {
      const x = draws(s, [rows, columns], a)
      const y = draws(s + 1, [rows, columns], b)
      return where(x.less(y), x.mul(y).sub(3), x.div(y).add(x).sqrt().neg())
    }
    const got = f().dataSync({ backend: wasm })
    expect(got).toEqual(f().dataSync({ backend: loops }))
  })

  test.prop([seed, size, size, layout, fc.constantFrom([0], [1], [0, 1])])(
    'agree on reductions along any axes',
    (s, rows, columns, a, axes) => {
      const x = (): Tensor => draws(s, [rows, columns], a)
      close(() => sum(x().exp(), { axis: axes }), 1e-4 * rows * columns)
      expect(max(x(), { axis: axes }).dataSync({ backend: wasm })).toEqual(
        max(x(), { axis: axes }).dataSync({ backend: loops }),
      )
      expect(min(x().neg(), { axis: axes }).dataSync({ backend: wasm })).toEqual(
        min(x().neg(), { axis: axes }).dataSync({ backend: loops }),
      )
    },
  )

  test.prop([seed, size, size, layout, fc.constantFrom([0], [1], [0, 1])])(
    'agree to the bit on reductions of integers, which wrap',
    (s, rows, columns, a, axes) => {
      const x = (): Tensor =>
        draws(s, [rows, columns], a)
          .mul(2 ** 30)
          .cast('i32')
      for (const f of [sum, max, min])
        expect(f(x(), { axis: axes }).dataSync({ backend: wasm })).toEqual(
          f(x(), { axis: axes }).dataSync({ backend: loops }),
        )
      const count = (): Tensor => sum(draws(s, [rows, columns], a).less(0.3), { axis: axes })
      expect(count().dataSync({ backend: wasm })).toEqual(count().dataSync({ backend: loops }))
    },
  )

  test.prop([seed, size, size, size, layout, layout])('agree on matrix products', (s, m, k, n, a, b) => {
    close(() => matmul(draws(s, [m, k], a), draws(s + 1, [k, n], b)), 1e-5 * (k + 4))
  })

  it('agree on products of more than one block, and of a batch', () => {
    for (const [m, k, n] of [
      [97, 300, 30],
      [7, 520, 2100],
      [200, 257, 9],
    ] as const)
      close(() => matmul(draws(1, [m, k], 'contiguous'), draws(2, [k, n], 'transposed')), 1e-3)
    const x = draws(3, [6 * 17, 5], 'contiguous').reshape([6, 17, 5])
    close(() => matmul(x, x.transpose([0, 2, 1])), 1e-4)
  })

  test.prop([seed, fc.integer({ min: 1, max: 100 })])('draw the same bits', (s, n) => {
    for (const draw of [
      () => uniform(key(s), [n]),
      () => uniform(key(s), [n], { dtype: 'f64' }),
      () => randomBits(key(s), [n]),
    ])
      expect(draw().dataSync({ backend: wasm })).toEqual(draw().dataSync({ backend: loops }))
  })

  it('give NaN and infinities their way', () => {
    const x = (): Tensor => tensor([1, Number.NaN, 3, Number.POSITIVE_INFINITY, -1, 0, -0, 5, 2])
    for (const f of [() => max(x()), () => sum(x()), () => x().sqrt(), () => sign(x()), () => x().less(1).cast('i32')])
      expect(f().dataSync({ backend: wasm })).toEqual(f().dataSync({ backend: loops }))
  })
})

describe('threads', () => {
  it('give the same bits, however many there are', () => {
    const one = cpu()
    const several = [cpu({ threads: 2 }), cpu({ threads: 3 })]
    const same = (f: () => Tensor): void => {
      const wanted = f().dataSync({ backend: one })
      for (const backend of several) for (let run = 0; run < 5; run++) expect(f().dataSync({ backend })).toEqual(wanted)
    }
    for (const [m, k, n] of [
      [500, 100, 70],
      [30, 700, 333],
      [9, 4000, 50],
    ] as const) {
      const a = draws(1, [m, k], 'transposed')
      const b = draws(2, [k, n], 'sliced')
      same(() => matmul(a, b))
    }
    const x = draws(3, [32 * 64, 64], 'contiguous').reshape([32, 64, 64])
    same(() => matmul(x, x.transpose([0, 2, 1])))
  })

  it('begin with an empty list, whatever lay in its place', () => {
    const backend = cpu({ threads: 4 })
    const dirty = Array.from({ length: 40 }, () => backend.alloc('i32', 100_000))
    for (const { data } of dirty) data.fill(7)
    for (const buffer of dirty) backend.free(buffer)
    const x = draws(1, [300, 300], 'contiguous')
    expect(matmul(x, x).dataSync({ backend })).toEqual(matmul(x, x).dataSync({ backend: cpu() }))
  })

  it('must be counted', () => {
    expect(() => cpu({ threads: 0 })).toThrow('cpu: threads must be a positive integer, got 0.')
    expect(() => cpu({ threads: 1.5 })).toThrow('cpu: threads must be a positive integer, got 1.5.')
  })
})

describe('hosts that lack something', () => {
  it('without WebAssembly there are loops', async () => {
    vi.resetModules()
    vi.stubGlobal('WebAssembly', undefined)
    const { cpu } = await import('./cpu.ts')
    expect(cpu({ wasm: 'always' }).alloc('f32', 3).at).toBe(-1)
    vi.unstubAllGlobals()
    vi.resetModules()
  })

  it('where a page forbids to compile there are loops', async () => {
    vi.resetModules()
    const forbidding = {
      ...WebAssembly,
      Module: class {
        constructor() {
          throw new WebAssembly.CompileError('forbidden')
        }
      },
    }
    vi.stubGlobal('WebAssembly', forbidding)
    const { cpu } = await import('./cpu.ts')
    expect(cpu({ wasm: 'always' }).alloc('f32', 3).at).toBe(-1)
    vi.unstubAllGlobals()
    vi.resetModules()
  })

  it('without an instruction to multiply and add, products come of smaller tiles', () => {
    const memory = newMemory()
    memory.grow(100)
    const [m, k, n] = [13, 300, 21]
    const numbers = new Float32Array(memory.buffer)
    for (let i = 0; i < (m + n) * k; i++) numbers[i] = Math.sin(i)
    const operands = { a: 0, rowA: 4 * k, columnA: 4, tablesA: 0, b: 4 * m * k, rowB: 4 * n, columnB: 4, tablesB: 0 }
    const product = { ...operands, rowC: 4 * n, m, k, n }
    const [plain, fused] = [false, true].map((fused) => {
      const c = 4 * (m + n) * k
      productsOn(memory, 2 ** 20, { simd: true, fused })({ ...product, c })
      return numbers.slice(c / 4, c / 4 + m * n)
    }) as [Float32Array, Float32Array]
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        let sum = 0
        for (let p = 0; p < k; p++) sum += (numbers[i * k + p] as number) * (numbers[m * k + p * n + j] as number)
        expect(Math.abs((plain[i * n + j] as number) - sum)).toBeLessThan(1e-4)
        expect(Math.abs((fused[i * n + j] as number) - sum)).toBeLessThan(1e-4)
      }
  })
})

describe('the choice between them', () => {
  const bits = (backend: CpuBackend): Uint8Array => {
    const x = draws(5, [64, 128], 'contiguous')
    return new Uint8Array(matmul(x.exp(), x.transpose()).dataSync({ backend }).buffer)
  }

  it('hangs on structure alone, so every run gives the same bits', () => {
    const backend = cpu()
    const first = bits(backend)
    for (let i = 0; i < 6; i++) expect(bits(backend)).toEqual(first)
    expect(bits(cpu())).toEqual(first)
    expect(bits(loops)).not.toEqual(first)
  })

  it('writes parts of a result where another kernel has written the rest, also in a plan that runs bound', () => {
    const f = compile((x: Tensor) => concat([x.mul(2), x.add(1).transpose(), x], { axis: 1 }), { backend: wasm })
    for (let run = 1; run < 8; run++)
      expect([
        ...f(
          tensor([
            [run, 0],
            [0, 1],
          ]),
        ).dataSync({ backend: wasm }),
      ]).toEqual([2 * run, 0, run + 1, 1, run, 0, 0, 2, 1, 2, 0, 1])
  })

  it('a loop of updates holds the same buffers all the time', async () => {
    const backend = cpu({ wasm: 'always' })
    const training = state({ w: draws(7, [40, 40], 'contiguous') }, { backend })
    const step = (): Promise<number> =>
      training.update(({ w }) => [{ w: w.sub(matmul(w, w).mul(1e-3)) }, sum(w.mul(w))])
    await step()
    const held = backend.memory()
    for (let i = 0; i < 200; i++) await step()
    expect(backend.memory()).toEqual(held)
  })
})
