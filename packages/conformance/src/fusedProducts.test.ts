import { type CpuBuffer, cpu } from '@wengert/backend-cpu'
import {
  type Backend,
  type DType,
  type MatmulKernel,
  type MatrixOperand,
  type Operand,
  type ScalarOp,
  sizeOf,
} from '@wengert/core'
import { describe, expect, it } from 'vitest'
import { fusedProducts } from './fusedProducts.ts'

const cases = fusedProducts(1e-5)

/** Position of the element at an index that counts along axes, the last fastest. */
function positionOf(shape: readonly number[], strides: readonly number[], index: number): number {
  let [rest, at] = [index, 0]
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] as number
    at += (rest % size) * (strides[axis] as number)
    rest = Math.floor(rest / size)
  }
  return at
}

const functions: Partial<Record<ScalarOp, (...args: number[]) => number>> = {
  add: (a = 0, b = 0) => a + b,
  sub: (a = 0, b = 0) => a - b,
  mul: (a = 0, b = 0) => a * b,
  maximum: (a = 0, b = 0) => Math.max(a, b),
  less: (a = 0, b = 0) => Number(a < b),
  and: (a = 0, b = 0) => a & b,
  where: (c, a = 0, b = 0) => (c ? a : b),
  tanh: (a = 0) => Math.tanh(a),
  sigmoid: (a = 0) => 1 / (1 + Math.exp(-a)),
  cast: (a = 0) => a,
}

function rounded(value: number, dtype: DType): number {
  if (dtype === 'f32') return Math.fround(value)
  return dtype === 'f64' ? value : dtype === 'bool' ? Number(value !== 0) : Math.trunc(value)
}

/** What a backend may get wrong in a product, one element at a time. */
interface Wrong {
  readonly kernel?: (kernel: MatmulKernel) => MatmulKernel
  readonly scalars?: (scalars: readonly number[]) => readonly number[]
  readonly stored?: (value: number, element: number) => number
}

/** A backend that computes products index by index and maps them step by step. */
function literal({
  kernel: change = (k) => k,
  scalars: given = (s) => s,
  stored: keep = (v) => v,
}: Wrong = {}): Backend<CpuBuffer> {
  const backend = cpu({ wasm: false })
  return {
    ...backend,
    fusesMatmul: true,
    prepare(kernel) {
      if (kernel.kind !== 'matmul' || kernel.kept) return backend.prepare(kernel)
      const { batch, m, k, n, a, b, epilogue, dtype } = change(kernel)
      const rank = batch.length
      const at = ({ shape, strides, offset, rowAxes = 1 }: MatrixOperand, z: number, i: number, j: number): number =>
        offset +
        positionOf(shape.slice(0, rank), strides, z) +
        positionOf(shape.slice(rank, rank + rowAxes), strides.slice(rank), i) +
        positionOf(shape.slice(rank + rowAxes), strides.slice(rank + rowAxes), j)
      return {
        run([left, right, ...others], scalars, outputs) {
          const numbers = given(scalars)
          for (let e = 0; e < sizeOf(batch) * m * n; e++) {
            const [z, i, j] = [Math.floor(e / (m * n)), Math.floor(e / n) % m, e % n]
            let sum = 0
            for (let p = 0; p < k; p++)
              sum += (left?.data[at(a, z, i, p)] as number) * (right?.data[at(b, z, p, j)] as number)
            const values = [rounded(sum, dtype)]
            epilogue?.inputs.slice(1).forEach(({ shape, strides, offset }, o) => {
              values.push(others[o]?.data[offset + positionOf(shape, strides, e)] as number)
            })
            values.push(...numbers)
            const first = values.length
            for (const step of epilogue?.steps ?? [])
              values.push(
                rounded(
                  functions[step.op]?.(...step.args.map((arg) => values[arg] as number)) ?? Number.NaN,
                  step.dtype,
                ),
              )
            outputs[0]?.data.fill(values.at(-1) as number, e, e + 1)
            epilogue?.stored?.forEach(
              (step, o) => void outputs[o + 1]?.data.fill(keep(values[first + step] as number, e), e, e + 1),
            )
          }
        },
      }
    },
  }
}

describe('a backend that computes products index by index', () => {
  it.each(cases)('$name', ({ run }) => run(literal()))
})

it('a backend that does not say that it fuses products is handed none', async () => {
  const backend: Backend = { ...cpu(), fusesMatmul: false, prepare: ({ kind }) => expect.unreachable(kind) }
  for (const { run } of cases) await run(backend)
})

/** A product with its operands changed. */
const operands =
  (change: (operand: MatrixOperand, rank: number) => MatrixOperand) =>
  (kernel: MatmulKernel): MatmulKernel => ({
    ...kernel,
    a: change(kernel.a, kernel.batch.length),
    b: change(kernel.b, kernel.batch.length),
  })

/** A product with the map of it changed. */
const map =
  (change: (epilogue: NonNullable<MatmulKernel['epilogue']>) => NonNullable<MatmulKernel['epilogue']>) =>
  (kernel: MatmulKernel): MatmulKernel =>
    kernel.epilogue ? { ...kernel, epilogue: change(kernel.epilogue) } : kernel

const others = (change: (operand: Operand) => Operand) =>
  map((epilogue) => ({ ...epilogue, inputs: epilogue.inputs.map((input, i) => (i === 0 ? input : change(input))) }))

const inOrder = (shape: readonly number[]): number[] => shape.map((_, axis) => sizeOf(shape.slice(axis + 1)))

const broken: Readonly<Record<string, Wrong>> = {
  'takes the rows to be one axis': { kernel: operands(({ rowAxes: _, ...operand }) => operand) },
  'reads windows as though they lay side by side': {
    kernel: operands((operand) => (operand.rowAxes ? { ...operand, strides: inOrder(operand.shape) } : operand)),
  },
  'counts the first axis of rows fastest': {
    kernel: operands(({ shape, strides, rowAxes = 1, ...operand }, rank) => {
      const turn = (list: readonly number[]) => [
        ...list.slice(0, rank),
        ...list.slice(rank, rank + rowAxes).toReversed(),
        ...list.slice(rank + rowAxes),
      ]
      return { ...operand, shape: turn(shape), strides: turn(strides), rowAxes }
    }),
  },
  'forgets where an operand starts': { kernel: operands((operand) => ({ ...operand, offset: 0 })) },
  'reads backwards as forwards': {
    kernel: operands((operand) =>
      operand.strides.some((stride) => stride < 0)
        ? { ...operand, strides: operand.strides.map(Math.abs), offset: 0 }
        : operand,
    ),
  },
  'reads the first matrices of the batch alone': {
    kernel: operands((operand, rank) => ({
      ...operand,
      strides: operand.strides.map((s, axis) => (axis < rank ? 0 : s)),
    })),
  },
  'hands the product on as it is': {
    kernel: map((epilogue) => ({
      ...epilogue,
      steps: [],
      inputs: epilogue.inputs.slice(0, 1),
      scalars: [],
      stored: [],
    })),
  },
  'reads what else a map takes in order': { kernel: others((input) => ({ ...input, strides: inOrder(input.shape) })) },
  'forgets where what else a map takes starts': { kernel: others((input) => ({ ...input, offset: 0 })) },
  'takes scalars in another order': { scalars: (scalars) => scalars.toReversed() },
  'stores the first element alone': { stored: (value, element) => (element === 0 ? value : 0) },
  'stores what the map yields': {
    kernel: map((epilogue) => ({
      ...epilogue,
      ...(epilogue.stored && { stored: epilogue.stored.map(() => epilogue.steps.length - 1) }),
    })),
  },
}

describe('a backend that', () => {
  it.each(Object.entries(broken))('%s is found out', async (_, wrong) => {
    for (const { run } of cases) {
      const failed = await run(literal(wrong)).then(
        () => false,
        () => true,
      )
      if (failed) return
    }
    expect.unreachable('every case passes')
  })
})
