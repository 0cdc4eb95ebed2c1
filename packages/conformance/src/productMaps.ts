import * as w from '@wengert/core'

/** Maps of a product by name; the scalars of each are 0.5, then 0.25. */
export const productMaps: Readonly<Record<string, (product: w.MatmulKernel) => w.MapBody>> = {
  'a bias and relu': ({ batch, m, n, dtype }) => ({
    shape: [...batch, m, n],
    inputs: [
      whole([...batch, m, n], dtype),
      { ...whole([...batch, m, n], dtype), strides: [...batch.map(() => 0), 0, 1] },
    ],
    scalars: [],
    steps: [
      { op: 'add', args: [0, 1], dtype },
      { op: 'sub', args: [0, 0], dtype },
      { op: 'maximum', args: [2, 3], dtype },
    ],
  }),
  'a bias of rows and a residual, all stored': ({ batch, m, n, dtype }) => {
    const shape = [...batch, m, n]
    return {
      shape,
      inputs: [
        whole(shape, dtype),
        { ...whole(shape, dtype), strides: [...batch.map(() => 0), 1, 0] },
        whole(shape, dtype),
      ],
      scalars: [dtype],
      steps: [
        { op: 'cast', args: [0], dtype },
        { op: 'add', args: [4, 1], dtype },
        { op: 'mul', args: [5, 3], dtype },
        { op: 'tanh', args: [6], dtype },
        { op: 'sigmoid', args: [6], dtype },
        { op: 'mul', args: [7, 8], dtype },
        { op: 'add', args: [9, 2], dtype },
      ],
      stored: [0, 1, 5],
    }
  },
  'scalars and a transposed residual': ({ batch, m, n, dtype }) => {
    const shape = [...batch, m, n]
    const { strides } = whole([...batch, n, m], dtype)
    return {
      shape,
      inputs: [whole(shape, dtype), { ...whole(shape, dtype), strides: [...strides.slice(0, -2), 1, m], offset: 3 }],
      scalars: [dtype, dtype],
      steps: [
        { op: 'mul', args: [0, 3], dtype },
        { op: 'mul', args: [1, 2], dtype },
        { op: 'sub', args: [4, 5], dtype },
      ],
    }
  },
  'a mask and integers': ({ batch, m, n, dtype }) => {
    const shape = [...batch, m, n]
    return {
      shape,
      inputs: [
        whole(shape, dtype),
        whole(shape, 'bool'),
        { ...whole(shape, 'i32'), strides: shape.map(() => 0), offset: 1 },
      ],
      scalars: [],
      steps: [
        { op: 'cast', args: [2], dtype },
        { op: 'less', args: [3, 0], dtype: 'bool' },
        { op: 'and', args: [4, 1], dtype: 'bool' },
        { op: 'cast', args: [5], dtype: 'i32' },
        { op: 'add', args: [6, 2], dtype: 'i32' },
        { op: 'where', args: [5, 0, 3], dtype },
      ],
      stored: [2, 4],
    }
  },
  'a residual back to front': ({ batch, m, n, dtype }) => {
    const shape = [w.sizeOf(batch) * m * n]
    return {
      shape,
      inputs: [
        whole(shape, dtype),
        { ...whole(shape, dtype), strides: [-1], offset: Math.max(0, w.sizeOf(shape) - 1) },
      ],
      scalars: [dtype],
      steps: [
        { op: 'add', args: [0, 1], dtype },
        { op: 'mul', args: [3, 2], dtype },
      ],
      stored: [0],
    }
  },
  'nothing else': ({ batch, m, n, dtype }) => ({
    shape: [w.sizeOf(batch) * m, n],
    inputs: [whole([w.sizeOf(batch) * m, n], dtype)],
    scalars: [],
    steps: [],
  }),
  'columns of their own, stored': ({ batch, m, n, dtype }) => {
    const shape = [w.sizeOf(batch), m, 1, n]
    return {
      shape,
      inputs: [whole(shape, dtype), { ...whole(shape, dtype), strides: [0, 1, 0, 0], offset: 2 }],
      scalars: [],
      steps: [
        { op: 'mul', args: [0, 1], dtype },
        { op: 'less', args: [2, 0], dtype: 'bool' },
        { op: 'where', args: [3, 2, 0], dtype },
      ],
      stored: [0, 1],
    }
  },
}

function whole(shape: w.Shape, dtype: w.DType): w.Operand {
  return { dtype, shape, strides: shape.map((_, axis) => w.sizeOf(shape.slice(axis + 1))), offset: 0 }
}
