import { data, flip, key, max, min, normal, sum, type Tensor, tensor } from '@wengert/core'
import { describe, expect, it } from 'vitest'
import { cpu } from './cpu.ts'

const loops = cpu({ wasm: false })
const wasm = cpu()

const numbers = (seed: number, shape: readonly number[], dtype: 'f32' | 'f64'): Tensor =>
  tensor(normal(key(seed), shape, { dtype }).dataSync({ backend: loops }) as Float32Array<ArrayBuffer>, { shape })

// Enough elements that rows are read some at a time, and sizes that leave a rest of rows, vectors and single columns.
const shapes = [
  [517, 523],
  [9, 33_000],
  [30_001, 17],
] as const

describe('a reduction down columns of a large matrix', () => {
  for (const dtype of ['f32', 'f64'] as const)
    for (const shape of shapes)
      it(`gives the bits of the loops, ${dtype} ${shape.join('×')}`, async () => {
        const [x, y] = [numbers(1, shape, dtype), numbers(2, shape, dtype)]
        const results = async (backend: typeof wasm): Promise<unknown> => {
          const product = x.mul(y)
          const outputs = [sum(product, { axis: 0 }), max(x.sub(y), { axis: 0 }), min(x, { axis: 0 }), product]
          return data(outputs, { backend })
        }
        expect(await results(wasm)).toEqual(await results(loops))
      })

  it('takes further axes about the columns', async () => {
    const x = numbers(3, [3, 70, 41, 37], 'f32')
    for (const axis of [[1], [0, 2], [0, 1, 2], [1, 2]])
      expect(await data(sum(x, { axis }), { backend: wasm })).toEqual(await data(sum(x, { axis }), { backend: loops }))
  })

  it('walks rows backwards, and repeats what all rows or all columns share', async () => {
    const [x, row, column] = [numbers(4, [401, 203], 'f32'), numbers(5, [203], 'f32'), numbers(6, [401, 1], 'f32')]
    for (const body of [
      flip(x, { axis: 0 }),
      flip(x, { axis: 0 }).mul(flip(row)),
      flip(x, { axis: 0 })
        .mul(flip(column, { axis: 0 }))
        .add(row),
    ])
      expect(await data(sum(body, { axis: 0 }), { backend: wasm })).toEqual(
        await data(sum(body, { axis: 0 }), { backend: loops }),
      )
  })
})
