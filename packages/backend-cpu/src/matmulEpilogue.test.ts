import { fc, test } from '@fast-check/vitest'
import {
  type BufferType,
  type DType,
  type MapBody,
  type MatmulKernel,
  type Operand,
  outputsOf,
  type Step,
  sizeOf,
  type TypedArray,
} from '@wengert/core'
import { describe, expect, it } from 'vitest'
import { array } from './array.ts'
import type { CpuBackend } from './cpu.ts'
import { contiguous, host, numbers } from './testing/besideLoops.ts'
import { cpu } from './wasm/cpu.ts'

// Products and a map of what they yield, as one kernel and as two.

const backends: readonly CpuBackend[] = [cpu({ wasm: false }), cpu({ wasm: 'always' }), cpu(), cpu({ threads: 2 })]

interface Case {
  readonly product: MatmulKernel
  readonly body: MapBody
  readonly inputs: readonly TypedArray[]
  readonly scalars: readonly number[]
}

const withBody = (product: MatmulKernel, epilogue: MapBody): MatmulKernel => ({ ...product, epilogue })

/** What a kernel yields, where linear memory is and elsewhere. */
function run(backend: CpuBackend, kernel: MatmulKernel, { inputs, scalars }: Case, here: boolean): TypedArray[] {
  const operands = [kernel.a, kernel.b, ...(kernel.epilogue?.inputs.slice(1) ?? [])]
  const read = inputs.map((data, i) => {
    const buffer = here ? backend.alloc(operands[i]?.dtype as DType, data.length) : host(data)
    if (here) buffer.data.set(data)
    return buffer
  })
  const outputs = outputsOf(kernel).map(({ dtype, size }) => {
    const buffer = here ? backend.alloc(dtype, size) : host(array(dtype, size))
    buffer.data.fill(77)
    return buffer
  })
  const program = backend.prepare(kernel)
  for (let times = 0; times < 2; times++) program.run(read, scalars, outputs)
  const found = outputs.map(({ data }) => data.slice())
  expect(read.map(({ data }) => data.slice())).toEqual(inputs)
  if (here) for (const buffer of [...read, ...outputs]) backend.free(buffer)
  return found
}

/** The product, then the map, each into buffers of its own. */
function apart(backend: CpuBackend, { product, body, inputs, scalars }: Case): TypedArray[] {
  const made = outputsOf(product).map(({ dtype, size }) => host(array(dtype, size)))
  backend.prepare(product).run(inputs.slice(0, 2).map(host), [], made)
  const map = { kind: 'map', dtype: product.dtype, ...body } as const
  const outputs = outputsOf(map).map(({ dtype, size }) => host(array(dtype, size)))
  backend.prepare(map).run([...made, ...inputs.slice(2).map(host)], scalars, outputs)
  return outputs.map(({ data }) => data)
}

/** The same by a bound sequence, which has its buffers for good. */
function bound(backend: CpuBackend, kernel: MatmulKernel, { inputs, scalars }: Case): TypedArray[] {
  const operands = [kernel.a, kernel.b, ...(kernel.epilogue?.inputs.slice(1) ?? [])]
  const read = inputs.map((data, i): BufferType => ({ dtype: operands[i]?.dtype as DType, size: data.length }))
  const outputs = outputsOf(kernel)
  const at = [...read, ...outputs].map((_, i) => i)
  const call = backend.bind?.({
    inputs: read,
    slots: [],
    outputs,
    steps: [
      {
        program: backend.prepare(kernel),
        inputs: at.slice(0, read.length),
        scalars: scalars.map((_, i) => i),
        outputs: at.slice(read.length),
      },
    ],
  })
  call?.(
    inputs,
    scalars.map((value) => value + 1),
  )
  return call?.(inputs, scalars) ?? []
}

function agree(given: Case): void {
  const kernel = withBody(given.product, given.body)
  for (const backend of backends) {
    const wanted = apart(backend, given)
    expect(run(backend, kernel, given, true)).toEqual(wanted)
    expect(run(backend, kernel, given, false)).toEqual(wanted)
    expect(bound(backend, kernel, given)).toEqual(wanted)
  }
}

/** A bias, another operand as it lies or transposed, a mask, scalars; and what has been stored on the way. */
function caseOf(
  dtype: DType,
  [batch, m, k, n]: readonly [number, number, number, number],
  form: string,
  isStored: boolean,
): Case {
  const product: MatmulKernel = {
    kind: 'matmul',
    dtype,
    batch: [batch],
    m,
    k,
    n,
    a: contiguous(dtype, batch, m, k),
    b: { ...contiguous(dtype, 1, n, k), shape: [batch, k, n], strides: [0, 1, k] },
  }
  // The body's shape is another one than the product's.
  const shape = form === 'flat' ? [batch * m * n] : [batch * m, n]
  const own = contiguous(dtype, ...shape)
  const bias: Operand = { dtype, shape, strides: form === 'flat' ? [0] : [0, 1], offset: 2 }
  const turned: Operand = form === 'flat' ? own : { dtype, shape, strides: [1, batch * m], offset: 0 }
  const mask: Operand = { ...own, dtype: 'bool' }
  const step = (op: Step['op'], args: readonly number[], of = dtype): Step => ({ op, args, dtype: of })
  const steps = [
    step('add', [0, 1]),
    step('mul', [6, 4]),
    step('maximum', [7, 5]),
    step('less', [6, 2], 'bool'),
    step('and', [9, 3], 'bool'),
    step('where', [10, 8, 2]),
  ]
  const body: MapBody = {
    shape,
    inputs: [own, bias, turned, mask],
    scalars: [dtype, dtype],
    steps,
    ...(isStored && { stored: [0, 3] }),
  }
  const size = batch * m * n
  return {
    product,
    body,
    inputs: [
      numbers(dtype, batch * m * k, 1, 99),
      numbers(dtype, n * k, 2, 99),
      numbers(dtype, n + 2, 3),
      numbers(dtype, size, 4),
      numbers('bool', size, 5),
    ],
    scalars: dtype === 'i32' ? [3, -2] : [0.5, -0.25],
  }
}

describe('a product and a map of it', () => {
  const size = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constantFrom(16, 33))
  test.prop([
    fc.constantFrom<DType[]>('f32', 'f32', 'f64', 'i32'),
    fc.tuple(fc.integer({ min: 1, max: 3 }), size, size, size),
    fc.constantFrom('rows', 'flat'),
    fc.boolean(),
  ])('have the bits of both apart', (dtype, sizes, form, isStored) => {
    agree(caseOf(dtype, sizes, form, isStored))
  })

  it('have them where each is large', () => {
    for (const sizes of [
      [1, 200, 300, 130],
      [3, 97, 20, 101],
    ] as const)
      agree(caseOf('f32', sizes, 'rows', true))
    agree(caseOf('f64', [2, 40, 30, 120], 'flat', false))
  })

  it('have them where the map has no steps, or no instructions', () => {
    const { product, body, inputs, scalars } = caseOf('f32', [1, 100, 5, 90], 'rows', false)
    const plain = { shape: body.shape, inputs: body.inputs.slice(0, 1), scalars: [] }
    agree({ product, body: { ...plain, steps: [] }, inputs: inputs.slice(0, 2), scalars: [] })
    const gamma: Step = { op: 'lgamma', args: [0], dtype: 'f32' }
    agree({ product, body: { ...plain, steps: [gamma] }, inputs: inputs.slice(0, 2), scalars: [] })
    expect(sizeOf(body.shape)).toBe(9000)
    expect(scalars).toHaveLength(2)
  })
})
