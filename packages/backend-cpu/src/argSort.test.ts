import { fc, test } from '@fast-check/vitest'
import { type DType, sizeOf } from '@wengert/core'
import { expect } from 'vitest'
import { array } from './array.ts'
import { cpu } from './index.ts'

// Both ways to sort, short rows and long, beside the sort of the language, which is stable.

const special = [
  0,
  -0,
  1,
  -1,
  0.1,
  1 / 3,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  1e-310,
  -5e-324,
  1e30,
]
const cases = fc.record({
  rows: fc.integer({ min: 1, max: 3 }),
  n: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 500, max: 1500 })),
  dtype: fc.constantFrom<DType>('i32', 'f32', 'f64'),
  descending: fc.boolean(),
  /** How many different numbers there are, and how far they spread. */
  variety: fc.constantFrom(3, 50, 1e6),
  scale: fc.constantFrom(1e-300, 1e-6, 1, 1e8),
  seed: fc.nat(1000),
})

test.prop([cases])(
  'sorts rows of any length, stably, NaN last',
  ({ rows, n, dtype, descending, variety, scale, seed }) => {
    const data = array(dtype, rows * n)
    for (let i = 0; i < data.length; i++) {
      const draw = Math.floor(Math.abs(Math.sin(12.9898 * i + seed) * 43758.5453) * variety) % variety
      const plain = scale * (draw - variety / 2)
      data[i] = draw % 7 === 3 && dtype !== 'i32' ? (special[draw % special.length] as number) : plain
    }
    const backend = cpu({ wasm: false })
    const shape = [rows, n]
    const input = { shape, strides: [n, 1], offset: 0, dtype }
    const program = backend.prepare({ kind: 'argSort', dtype: 'i32', input, descending })
    const output = backend.alloc('i32', sizeOf(shape))
    const wanted = Array.from({ length: rows }, (_, r) =>
      Array.from({ length: n }, (_, i) => i).sort((a, b) => {
        const [x, y] = [data[r * n + a] as number, data[r * n + b] as number]
        if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y))
        return x === y ? 0 : x < y === descending ? 1 : -1
      }),
    )
    for (let run = 0; run < 2; run++) {
      program.run([backend.upload(data, dtype)], [], [output])
      expect([...output.data]).toEqual(wanted.flat())
    }
  },
)
