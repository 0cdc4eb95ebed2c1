import { cpu } from '@wengert/backend-cpu'
import { type DType, type ScalarOp, type TypedArray, threefry } from '@wengert/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { apply } from '../testing/measure.ts'
import { specials } from '../testing/samples.ts'
import { testBackend } from '../testing/testBackend.ts'
import type { WebGpuBackend } from '../webgpu.ts'
import { type FloatScalar, ulps } from './accuracy.ts'

let backend: WebGpuBackend
beforeAll(async () => {
  backend = await testBackend()
})

const leastNormal = 2 ** -126
const isSubnormal = (x: number): boolean => x !== 0 && Math.abs(x) < leastNormal

/** All pairs of the numbers, as two arrays. */
function crossed(numbers: readonly number[]): [number[], number[]] {
  return [numbers.flatMap((a) => numbers.map(() => a)), numbers.flatMap(() => numbers)]
}

/** Values on the device and on the CPU. */
async function both(
  op: ScalarOp,
  args: readonly TypedArray[],
  argTypes: readonly DType[],
  dtype: DType,
): Promise<[device: number[], host: number[]]> {
  const device = await apply(backend, op, args, argTypes, dtype)
  const host = await apply(cpu(), op, args, argTypes, dtype)
  return [[...device], [...host]]
}

const pairwise: ReadonlySet<string> = new Set<ScalarOp>(
  (['add', 'sub', 'mul', 'div', 'pow', 'atan2', 'hypot', 'maximum', 'minimum'] as const).filter((op) => op in ulps),
)

describe('at zeros, infinities, NaN, ties and ends of the range', () => {
  // Polygamma has its own test, for orders are no numbers to cross with all others.
  const ops = (Object.keys(ulps) as FloatScalar[]).filter((op) => op !== 'polygamma')

  it.each(ops)('%s has the zeros, infinities and NaN that it has on the CPU, with their signs', async (op) => {
    const lists = pairwise.has(op) ? crossed(specials) : [specials]
    const args = lists.map((list) => Float32Array.from(list))
    const [device, host] = await both(
      op,
      args,
      args.map(() => 'f32'),
      'f32',
    )
    const exact = (x: number): boolean => x === 0 || !Number.isFinite(x)
    device.forEach((y, i) => {
      const truth = host[i] as number
      const at = args.map((arg) => arg[i] as number)
      // What is subnormal may be flushed, before or after it is rounded.
      if ([...at, truth].some((x) => isSubnormal(x)) || Math.abs(truth) === leastNormal) return
      if (exact(y) || exact(truth)) expect(y, `${op}(${at.join(', ')})`).toBe(truth)
    })
  })

  it('polygamma has its poles', async () => {
    const xs = [0, -0, -1, -2, -7, -1e10, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]
    const orders = [0, 1, 2, 3, 4]
    const args = [orders.flatMap((order) => xs.map(() => order)), orders.flatMap(() => xs)]
    const [device, host] = await both(
      'polygamma',
      args.map((list) => Float32Array.from(list)),
      ['f32', 'f32'],
      'f32',
    )
    expect(device).toEqual(host)
  })

  it.each(['equal', 'notEqual', 'less', 'lessEqual'] as const)('%s is that of JavaScript', async (op) => {
    const args = crossed(specials).map((list) => Float32Array.from(list))
    const [device, host] = await both(op, args, ['f32', 'f32'], 'bool')
    expect(device).toEqual(host)
  })

  it('isFinite finds infinities and NaN', async () => {
    const [device, host] = await both('isFinite', [Float32Array.from(specials)], ['f32'], 'bool')
    expect(device).toEqual(host)
  })

  it('the greater and the lesser of two are those numbers, bit for bit', async () => {
    const args = crossed(specials.filter((x) => !Number.isNaN(x))).map((list) => Float32Array.from(list))
    for (const op of ['maximum', 'minimum'] as const) {
      const [device, host] = await both(op, args, ['f32', 'f32'], 'f32')
      expect(device).toEqual(host)
    }
  })
})

describe('pow', () => {
  it('is exact where the power of small integers is an f32', async () => {
    const bases = Array.from({ length: 127 }, (_, i) => i - 63)
    const list = bases.flatMap((a) => [0, 1, 2, 3, 4].map((b) => [a, b] as const))
    const args = [Float32Array.from(list, ([a]) => a), Float32Array.from(list, ([, b]) => b)]
    const [device] = await both('pow', args, ['f32', 'f32'], 'f32')
    list.forEach(([a, b], i) => {
      const truth = a ** b
      if (Math.fround(truth) === truth) expect(device[i], `${a} ** ${b}`).toBe(truth)
    })
  })
})

describe('casts', () => {
  const halves = Array.from({ length: 41 }, (_, i) => i / 4 - 5)
  const edges = [2147483520, 2147483648, 4e9, -2147483648, -2147483904, -4e9, 16777217, 0.99999994, -0.99999994]
  const integers = [0, 1, -1, 2, 16777217, -16777219, 2147483647, -2147483648, 33554433, 2147483583]
  const sources = {
    f32: Float32Array.from([...specials, ...halves, ...edges]),
    i32: Int32Array.from(integers),
    bool: Uint8Array.of(0, 1, 1),
  } as const
  const types = ['f32', 'i32', 'bool'] as const

  it.each(types.flatMap((from) => types.map((to) => [from, to] as const)))('from %s to %s', async (from, to) => {
    const [device, host] = await both('cast', [sources[from]], [from], to)
    expect(device).toEqual(host)
  })
})

describe('integers', () => {
  const numbers = [0, 1, -1, 2, 7, -7, 65535, 65537, 123456789, -987654321, 2147483647, -2147483647, -2147483648]

  it.each(['neg', 'abs', 'sign'] as const)('%s wraps around', async (op) => {
    const [device, host] = await both(op, [Int32Array.from(numbers)], ['i32'], 'i32')
    expect(device).toEqual(host)
  })

  it.each(['add', 'sub', 'mul', 'maximum', 'minimum'] as const)('%s wraps around', async (op) => {
    const args = crossed(numbers).map((list) => Int32Array.from(list))
    const [device, host] = await both(op, args, ['i32', 'i32'], 'i32')
    expect(device).toEqual(host)
  })

  it.each(['equal', 'notEqual', 'less', 'lessEqual'] as const)('%s compares', async (op) => {
    const args = crossed(numbers).map((list) => Int32Array.from(list))
    const [device, host] = await both(op, args, ['i32', 'i32'], 'bool')
    expect(device).toEqual(host)
  })
})

describe('bools', () => {
  const [a, b] = [Uint8Array.of(0, 0, 1, 1), Uint8Array.of(0, 1, 0, 1)]

  it('follow logic', async () => {
    for (const op of ['and', 'or', 'equal', 'notEqual'] as const) {
      const [device, host] = await both(op, [a, b], ['bool', 'bool'], 'bool')
      expect(device, op).toEqual(host)
    }
    expect((await both('not', [a], ['bool'], 'bool'))[0]).toEqual([1, 1, 0, 0])
  })

  it('choose between numbers, also where the other is NaN', async () => {
    const values = Float32Array.of(1, -0, Number.NaN, Number.POSITIVE_INFINITY)
    const others = Float32Array.of(Number.NaN, 0, 2, -3)
    const [device] = await both('where', [a, values, others], ['bool', 'f32', 'f32'], 'f32')
    expect(device).toEqual([Number.NaN, 0, Number.NaN, Number.POSITIVE_INFINITY])
    const [integers] = await both(
      'where',
      [b, Int32Array.of(1, 2, 3, 4), Int32Array.of(5, 6, 7, 8)],
      ['bool', 'i32', 'i32'],
      'i32',
    )
    expect(integers).toEqual([5, 2, 7, 4])
  })
})

describe('threefry', () => {
  it.each([
    [0, 0],
    [-1, -1],
    [0x13198a2e, 0x03707344],
  ])('under the key %i, %i makes the words that core makes', async (k0, k1) => {
    const n = 64
    const program = backend.prepare({ kind: 'random', dtype: 'i32', shape: [n] })
    const output = backend.alloc('i32', n)
    program.run([], [k0, k1], [output])
    backend.submit()
    const words = Array.from({ length: n / 2 }, (_, i) => threefry(k0 >>> 0, k1 >>> 0, 0, i)).flat()
    expect([...(await backend.read(output))].map((word) => word >>> 0)).toEqual(words)
    backend.free(output)
  })
})
