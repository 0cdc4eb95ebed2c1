import type { Kernel, Operand } from '@wengert/core'
import { describe, expect, it } from 'vitest'
import { boundKernel } from './bindingOffsets.ts'

const rows = (offset: number, dtype: Operand['dtype'] = 'f32'): Operand => ({
  dtype,
  shape: [4, 64],
  strides: [64, 1],
  offset,
})
const copy = (input: Operand): Kernel => ({
  kind: 'map',
  dtype: input.dtype,
  shape: input.shape,
  inputs: [input],
  scalars: [],
  steps: [],
})

describe('offsets of operands', () => {
  it('go to the binding, so that blocks of one array have one text', () => {
    expect(boundKernel(copy(rows(640)))).toEqual({ kernel: copy(rows(0)), offsets: [640] })
    expect(boundKernel(copy(rows(650)))).toEqual({ kernel: copy(rows(10)), offsets: [640] })
    expect(boundKernel(copy(rows(650, 'f16')))).toEqual({ kernel: copy(rows(10, 'f16')), offsets: [640] })
    expect(boundKernel(copy(rows(200, 'f16')))).toEqual({ kernel: copy(rows(72, 'f16')), offsets: [128] })
  })

  it('stay where elements before the first are read', () => {
    const flipped = copy({ ...rows(640), strides: [-64, 1] })
    expect(boundKernel(flipped)).toEqual({ kernel: flipped, offsets: [0] })
  })

  it('of a product are moved for each operand', () => {
    const product = (a: number, b: number): Kernel => ({
      kind: 'matmul',
      dtype: 'f32',
      batch: [],
      m: 4,
      k: 64,
      n: 4,
      a: rows(a),
      b: { ...rows(b), shape: [64, 4], strides: [1, 64] },
    })
    expect(boundKernel(product(256, 130))).toEqual({ kernel: product(0, 2), offsets: [256, 128] })
  })

  it('of a product and of the map of it are moved for each operand that is bound', () => {
    const product = (a: number, other: number): Kernel => ({
      kind: 'matmul',
      dtype: 'f32',
      batch: [],
      m: 4,
      k: 64,
      n: 64,
      a: rows(a),
      b: { dtype: 'f32', shape: [8, 8, 64], strides: [8, 1, 3], offset: 0, rowAxes: 2 },
      epilogue: { shape: [4, 64], inputs: [rows(0), rows(other), rows(0, 'bool')], scalars: [], steps: [] },
    })
    expect(boundKernel(product(256, 650))).toEqual({ kernel: product(0, 10), offsets: [256, 0, 640, 0] })
  })

  it('say where a part of a concat goes, if a binding can start there', () => {
    const part = (start: number): Kernel => ({
      kind: 'concat',
      dtype: 'f32',
      shape: [12, 16],
      axis: 0,
      start,
      inputs: [rows(0)],
    })
    expect(boundKernel(part(8))).toEqual({ kernel: part(0), offsets: [0, 128] })
    expect(boundKernel(part(3))).toEqual({ kernel: part(3), offsets: [0] })
  })
})
