import * as w from '@wengert/core'

/** What a kernel is given to read. */
export interface Given {
  readonly data: w.TypedArray
  readonly dtype: w.DType
}

/** What a kernel writes. */
export async function runKernel<B>(
  backend: w.Backend<B>,
  kernel: w.Kernel,
  inputs: readonly Given[],
  scalars: readonly number[],
): Promise<w.TypedArray[]> {
  const program = backend.prepare(kernel)
  const read = inputs.map(({ data, dtype }) => backend.upload(data, dtype))
  const written = w.outputsOf(kernel).map((output) => backend.alloc(output.dtype, output.size))
  program.run(read, scalars, written)
  backend.submit()
  const all = await Promise.all(written.map((buffer) => backend.read(buffer)))
  for (const buffer of [...read, ...written]) backend.free(buffer)
  return all
}

/** A kernel for each output of one with a body: a step that is stored is the last one of a shorter map. */
export function separately(kernel: w.MapKernel | w.ReduceKernel): w.Kernel[] {
  const { stored = [], ...own } = kernel
  const { shape, inputs, scalars, steps } = own
  return [
    own,
    ...stored.map((at): w.Kernel => {
      const dtype = (steps[at] as w.Step).dtype
      return { kind: 'map', dtype, shape, inputs, scalars, steps: steps.slice(0, at + 1) }
    }),
  ]
}
