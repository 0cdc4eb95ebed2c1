import { cpu } from '@wengert/backend-cpu'
import * as w from '@wengert/core'
import { checkClose } from './check.ts'
import type { Case } from './conformance.ts'
import { numbers } from './inputs.ts'
import { runKernel, separately } from './runKernel.ts'

/** How the elements of an operand lie in its buffer: in order, or along which axes otherwise. */
type Placement = 'whole' | 'turned' | 'backwards' | 'cut' | 'row' | 'column'

function operand(shape: w.Shape, placement: Placement, dtype: w.DType): w.Operand {
  const last = shape.length - 1
  const steps = (sizes: w.Shape): number[] => sizes.map((_, axis) => w.sizeOf(sizes.slice(axis + 1)))
  const inOrder = steps(shape)
  switch (placement) {
    case 'turned':
      return { shape, dtype, strides: steps(shape.toReversed()).toReversed(), offset: 0 }
    case 'backwards': {
      const offset = shape.reduce((at, n, axis) => at + (n - 1) * (inOrder[axis] as number), 0)
      return { shape, dtype, strides: inOrder.map((stride) => -stride), offset }
    }
    case 'cut':
      return { shape, dtype, strides: steps(shape.map((n, axis) => (axis === last ? n + 3 : n))), offset: 2 }
    case 'row':
      return { shape, dtype, strides: shape.map((_, axis) => (axis === last ? 1 : 0)), offset: 0 }
    case 'column':
      return { shape, dtype, strides: steps(shape.with(last, 1)).with(last, 0), offset: 0 }
    default:
      return { shape, dtype, strides: inOrder, offset: 0 }
  }
}

const placements: readonly (readonly [a: Placement, b: Placement])[] = [
  ['whole', 'whole'],
  ['turned', 'whole'],
  ['turned', 'turned'],
  ['backwards', 'cut'],
  ['row', 'column'],
]

// Short rows and long ones, and some that make whole vectors or are split among several threads of a device.
const shapes: readonly w.Shape[] = [[1], [7, 5], [3, 4, 8], [2, 1031], [1040, 3]]

const reductions: readonly w.Reduction[] = ['max', 'sum', 'min']

/** Of inputs a, b and a scalar s: a·b, a·b + s, a·b + s < a and that as an integer, and a or b by it; all but the ends are stored. */
function bodyOf(a: w.Operand, b: w.Operand, dtype: w.DType): w.MapBody {
  return {
    shape: a.shape,
    inputs: [a, b],
    scalars: [dtype],
    steps: [
      { op: 'mul', args: [0, 1], dtype },
      { op: 'add', args: [3, 2], dtype },
      { op: 'less', args: [4, 0], dtype: 'bool' },
      { op: 'cast', args: [5], dtype: 'i32' },
      { op: 'where', args: [5, 0, 1], dtype },
    ],
    stored: [1, 2, 3],
  }
}

type StoringKernel = w.MapKernel | w.ReduceKernel

/** A map with that body, and reductions over all choices of axes, some of which store what they reduce as well. */
function kernelsOf(body: w.MapBody, dtype: w.DType): StoringKernel[] {
  const choices = Array.from({ length: 2 ** body.shape.length }, (_, bits) =>
    [...body.shape.keys()].filter((axis) => (bits >> axis) & 1),
  )
  return choices.map((axes, i): StoringKernel => {
    if (axes.length === 0) return { kind: 'map', dtype, ...body }
    return {
      kind: 'reduce',
      dtype,
      op: reductions[i % 3] as w.Reduction,
      axes,
      ...body,
      stored: i % 2 ? [4, 1] : [1, 2, 3],
    }
  })
}

/** Whole numbers for two inputs, more than any placement reads. */
function wholeNumbers(dtype: w.DType): w.TypedArray[] {
  return [0, 1].map((seed) => {
    const some = numbers(997 + seed, { dtype: 'i32', seed })
    const many = Array.from({ length: 2 ** 13 }, (_, i) => some[i % some.length] as number)
    return dtype === 'f64' ? Float64Array.from(many) : Float32Array.from(many)
  })
}

/**
 * Kernels that store values by the way, beside what they yield: maps and reductions along all axes of operands in any layout,
 * whose outputs are compared with those of kernels that write one thing each.
 */
export function storedValues(tolerance: number): readonly Case[] {
  const oracle = cpu({ wasm: false })
  return (['f16', 'f32', 'f64'] as const).flatMap((dtype) => {
    const data = wholeNumbers(dtype)
    const given = (type: w.DType) => data.map((values) => ({ data: values, dtype: type }))
    // The CPU computes halves in f32; the numbers are such that both are exact, but for long sums.
    const exact = dtype === 'f16' ? 'f32' : dtype
    return shapes.map((shape): Case => {
      const name = `values stored by kernels of shape ${shape.join(' × ')} in ${dtype}`
      const compare = async (backend: w.Backend, first: Placement, second: Placement): Promise<void> => {
        const kernelsIn = (type: w.DType) =>
          kernelsOf(bodyOf(operand(shape, first, type), operand(shape, second, type), type), type)
        const same = kernelsIn(exact)
        for (const [k, kernel] of kernelsIn(dtype).entries()) {
          const got = await runKernel(backend, kernel, given(dtype), [0.5])
          const what = `${name}, ${first} and ${second}, ${kernel.kind === 'map' ? 'map' : `axes ${kernel.axes}`}`
          for (const [output, one] of separately(same[k] as StoringKernel).entries()) {
            const [wanted] = (await runKernel(oracle, one, given(exact), [0.5])) as [w.TypedArray]
            const type = output === 0 ? dtype : one.dtype
            checkClose(`${what}, output ${output}`, got[output] as w.TypedArray, wanted, type, tolerance)
          }
        }
      }
      const run = async (backend: w.Backend): Promise<void> => {
        if (backend.dtypes.has(dtype)) for (const pair of placements) await compare(backend, ...pair)
      }
      return { name, run }
    })
  })
}
