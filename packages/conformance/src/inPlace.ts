import * as w from '@wengert/core'
import { checkClose } from './check.ts'
import type { Case } from './conformance.ts'
import { numbers } from './inputs.ts'

type Body = w.MapKernel | w.ReduceKernel

/** Kernels of a·b + s of two inputs, stored or not, with the number of the output that is written over an input. */
function kernelsOf(shape: w.Shape, dtype: w.DType): readonly (readonly [Body, output: number, input: number])[] {
  const strides = shape.map((_, axis) => w.sizeOf(shape.slice(axis + 1)))
  const operand: w.Operand = { shape, strides, offset: 0, dtype }
  const body: w.MapBody = {
    shape,
    inputs: [operand, operand],
    scalars: [dtype],
    steps: [
      { op: 'mul', args: [0, 1], dtype },
      { op: 'add', args: [3, 2], dtype },
      { op: 'sub', args: [4, 1], dtype },
    ],
  }
  const map: Body = { kind: 'map', dtype, ...body }
  const reduce = (axes: readonly number[]): Body => ({
    kind: 'reduce',
    op: 'max',
    dtype,
    axes,
    ...body,
    stored: [1, 2],
  })
  return [
    [map, 0, 0],
    [map, 0, 1],
    [{ ...map, stored: [0] }, 0, 1],
    [{ ...map, stored: [0] }, 1, 0],
    ...[...shape.keys()].flatMap((axis) => [1, 2].map((output) => [reduce([axis]), output, 0] as const)),
    [reduce([...shape.keys()]), 2, 1],
  ]
}

/** Results of a kernel one of whose outputs may be written over an input. */
async function runOn<B>(
  backend: w.Backend<B>,
  kernel: Body,
  data: readonly w.TypedArray[],
  over: { readonly output: number; readonly input: number } | null,
): Promise<w.TypedArray[]> {
  const { dtype, shape } = kernel
  const size = w.sizeOf(shape)
  const copy = backend.prepare({
    kind: 'map',
    dtype,
    shape: [size],
    inputs: [{ dtype, shape: [size], strides: [1], offset: 0 }],
    scalars: [],
    steps: [],
  })
  // What was uploaded may be an array of the host, which nobody writes.
  const read = data.map((values) => {
    const [uploaded, own] = [backend.upload(values, dtype), backend.alloc(dtype, size)]
    copy.run([uploaded], [], [own])
    backend.free(uploaded)
    return own
  })
  const written = w
    .outputsOf(kernel)
    .map((type, i) => (over?.output === i ? (read[over.input] as B) : backend.alloc(type.dtype, type.size)))
  backend.prepare(kernel).run(read, [2], written)
  backend.submit()
  const found = await Promise.all(written.map((buffer) => backend.read(buffer)))
  for (const buffer of new Set([...read, ...written])) backend.free(buffer)
  return found
}

/** On backends that say `inPlace`: what is written over an input is what is written elsewhere. */
export function inPlace(): readonly Case[] {
  return (['f32', 'i32', 'f64'] as const).flatMap((dtype) =>
    [[1], [7, 5], [3, 4, 8], [2, 1031], [1040, 3], [90, 101]].map((shape): Case => {
      const name = `results written over inputs of shape ${shape.join(' × ')} in ${dtype}`
      const data = [0, 1].map((seed) => {
        const values = numbers(w.sizeOf(shape), { dtype: 'i32', seed })
        return dtype === 'f64'
          ? Float64Array.from(values)
          : dtype === 'f32'
            ? Float32Array.from(values)
            : Int32Array.from(values)
      })
      const run = async (backend: w.Backend): Promise<void> => {
        if (!backend.inPlace || !backend.dtypes.has(dtype)) return
        for (const [k, [kernel, output, input]] of kernelsOf(shape, dtype).entries()) {
          const wanted = await runOn(backend, kernel, data, null)
          const found = await runOn(backend, kernel, data, { output, input })
          found.forEach((values, i) => {
            checkClose(`${name}, kernel ${k}, output ${i}`, values, wanted[i] as w.TypedArray, dtype, 0)
          })
        }
      }
      return { name, run }
    }),
  )
}
