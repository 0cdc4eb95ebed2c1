import { type Kernel, type Operand, outputShape, type Shape, sizeOf, type TypedArray } from '@wengert/core'
import { describe, expect, it } from 'vitest'
import { cpu } from './index.ts'

// Kernels as plain data, run without core. What they mean for any shape is tested with the ops of core that use them.

function operand(data: TypedArray, shape: Shape, strides: readonly number[], offset = 0): Operand {
  const dtype = data instanceof Int32Array ? 'i32' : data instanceof Float64Array ? 'f64' : 'f32'
  return { shape, strides, offset, dtype }
}

function run(kernel: Kernel, ...inputs: readonly TypedArray[]): TypedArray {
  const backend = cpu()
  const output = backend.alloc(kernel.dtype, sizeOf(outputShape(kernel)))
  // What a buffer held before must not show.
  output.data.fill(99)
  const buffers = inputs.map((data) => backend.upload(data, 'f32'))
  const program = backend.prepare(kernel)
  program.run(buffers, [], [output])
  program.run(buffers, [], [output])
  return backend.readSync(output)
}

describe('gather and scatterAdd', () => {
  const data = new Float32Array([0, 1, 10, 11, 20, 21])
  const input = operand(data, [1, 3, 2], [6, 2, 1])
  const at = new Int32Array([7, 2, -1, 0])

  it('look up whole rows where indices are shared', () => {
    const indices = operand(at, [1, 3, 2], [0, 1, 0], 1)
    const kernel: Kernel = { kind: 'gather', dtype: 'f32', input, indices, outside: 'NaN' }
    expect([...run(kernel, data, at)]).toEqual([20, 21, Number.NaN, Number.NaN, 0, 1])
    expect([...run({ ...kernel, outside: 'zero' }, data, at)]).toEqual([20, 21, 0, 0, 0, 1])
  })

  it('look up single elements by indices that lie backwards', () => {
    const indices = operand(at, [1, 1, 2], [0, 0, -2], 3)
    const kernel: Kernel = { kind: 'gather', dtype: 'f32', input, indices, outside: 'NaN' }
    expect([...run(kernel, data, at)]).toEqual([0, 21])
  })

  it('add up', () => {
    const indices = operand(at, [1, 3, 2], [0, 1, 0], 1)
    const updates = operand(data, [1, 3, 2], [6, 2, 1])
    for (const dtype of ['f32', 'f64', 'i32'] as const) {
      const kernel: Kernel = { kind: 'scatterAdd', dtype, n: 4, updates, indices }
      expect([...run(kernel, data, at)]).toEqual([20, 21, 0, 0, 0, 1, 0, 0])
    }
  })

  it('of nothing is zeros', () => {
    const none = new Float32Array(0)
    const updates = operand(none, [1, 0, 2], [0, 2, 1])
    const indices = operand(new Int32Array(0), [1, 0, 2], [0, 1, 0])
    const kernel: Kernel = { kind: 'scatterAdd', dtype: 'f32', n: 2, updates, indices }
    expect([...run(kernel, none, new Int32Array(0))]).toEqual([0, 0, 0, 0])
  })
})

it('scan adds up along the middle axis, either way', () => {
  const data = new Float64Array([1, 2, 3, 4, 5, 6, 7, 8])
  const input = operand(data, [2, 2, 2], [4, 2, 1])
  const kernel: Kernel = { kind: 'scan', dtype: 'f64', input, reverse: false }
  expect([...run(kernel, data)]).toEqual([1, 2, 4, 6, 5, 6, 12, 14])
  expect([...run({ ...kernel, reverse: true }, data)]).toEqual([4, 6, 3, 4, 12, 14, 7, 8])
})

it('argSort orders each row', () => {
  const data = new Float32Array([3, Number.NaN, 1, 3, 0, -0, Number.NEGATIVE_INFINITY, 0])
  const kernel: Kernel = { kind: 'argSort', dtype: 'i32', input: operand(data, [2, 4], [4, 1]), descending: false }
  expect([...run(kernel, data)]).toEqual([2, 0, 3, 1, 2, 0, 1, 3])
  expect([...run({ ...kernel, descending: true }, data)]).toEqual([0, 3, 2, 1, 0, 1, 3, 2])
})

it('concat copies inputs of any layout, empty ones too', () => {
  const a = new Float32Array([1, 2, 3, 4])
  const b = new Float32Array([9])
  const inputs = [operand(a, [2, 2], [-1, -2], 3), operand(b, [2, 0], [0, 1]), operand(b, [2, 1], [0, 0])]
  const kernel: Kernel = { kind: 'concat', dtype: 'f32', shape: [2, 3], axis: 1, start: 0, inputs }
  expect([...run(kernel, a, b, b)]).toEqual([4, 2, 9, 3, 1, 9])
  expect([...run({ ...kernel, start: 2, inputs: inputs.slice(2) }, b)]).toEqual([99, 99, 9, 99, 99, 9])
})
