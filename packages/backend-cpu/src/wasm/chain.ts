import { type Chain, type ChainStep, type MapKernel, type Operand, outputsOf, type ReduceKernel } from '@wengert/core'
import { elementBytes, type LinearKernel, type LinearRun, spanOf } from './linear.ts'
import { reduceRoom } from './reduce.ts'

/** A kernel of a chain on some rows, from one on. */
type Part = (row: number, buffers: readonly number[], scalars: readonly number[], room: number) => void

/**
 * A chain block by block: rows of so many bytes go through all of its kernels before the next are begun. What nobody needs
 * afterwards has room for one block. Null where `runOf` has no function for one of the kernels.
 */
export function onRows(
  chain: Chain,
  runOf: (kernel: MapKernel | ReduceKernel) => LinearRun | null,
  cached: number,
): LinearKernel | null {
  const { rows, inputs, slots, outputs, steps } = chain
  const own = [...slots, ...outputs]
  const readers = Array.from({ length: inputs }, (_, input) =>
    steps.flatMap(({ kernel, inputs }) => kernel.inputs.filter((_, i) => inputs[i] === input)),
  )
  const rowBytes = [
    ...own.map(({ dtype, size }) => elementBytes[dtype] * (size / rows)),
    ...readers.map((by) =>
      Math.max(...by.map(({ dtype, strides }) => elementBytes[dtype] * Math.abs(strides[0] as number))),
    ),
  ].reduce((sum, bytes) => sum + bytes, 0)
  const block = Math.max(1, Math.min(rows, Math.floor(cached / rowBytes)))
  let scratch = 0
  const partsOf = (count: number): (Part | null)[] =>
    steps.map((step) => {
      const kernel = onlyRows(step.kernel, count)
      if (kernel.kind === 'reduce') scratch = Math.max(scratch, reduceRoom(kernel))
      const run = runOf(kernel)
      return run && partOf(chain, step, run)
    })
  const full = partsOf(block)
  const last = rows % block > 0 ? partsOf(rows % block) : full
  if (full.includes(null) || last.includes(null)) return null
  const places: number[] = []
  let room = 0
  for (const { dtype, size } of slots) {
    places.push(room)
    room += Math.ceil(((size / rows) * block * elementBytes[dtype]) / 16) * 16
  }
  const buffers: number[] = []
  return {
    operands: readers.map(hullOf),
    scratch: room + scratch,
    run(at, scalars, output, others) {
      const own = at[inputs] ?? 0
      for (let i = 0; i < inputs; i++) buffers[i] = at[i] as number
      for (let i = 0; i < slots.length; i++) buffers[inputs + i] = own + (places[i] as number)
      for (let i = 0; i < outputs.length; i++)
        buffers[inputs + slots.length + i] = i > 0 ? (others[i - 1] as number) : output
      for (let row = 0; row < rows; row += block)
        for (const part of rows - row < block ? last : full) part?.(row, buffers, scalars, own + room)
    },
  }
}

function onlyRows<K extends MapKernel | ReduceKernel>(kernel: K, count: number): K {
  const shape = [count, ...kernel.shape.slice(1)]
  return { ...kernel, shape, inputs: kernel.inputs.map((operand) => ({ ...operand, shape })) }
}

/** A kernel's function on the rows from one on of the chain's buffers. */
function partOf(
  { rows, inputs, slots }: Chain,
  { kernel, inputs: from, outputs: to, scalars: taken }: ChainStep,
  run: LinearRun,
): Part {
  // A slot begins with the first row of the block.
  const apart = (buffer: number, bytes: number): number =>
    buffer >= inputs && buffer < inputs + slots.length ? 0 : bytes
  const read = kernel.inputs.map(({ dtype, strides }, i) =>
    apart(from[i] as number, elementBytes[dtype] * (strides[0] as number)),
  )
  const written = outputsOf(kernel).map(({ dtype, size }, i) =>
    apart(to[i] as number, elementBytes[dtype] * (size / rows)),
  )
  const at: number[] = []
  const numbers: number[] = []
  const stored: number[] = []
  const place = (buffers: readonly number[], row: number, i: number): number =>
    (buffers[to[i] as number] as number) + row * (written[i] as number)
  return (row, buffers, scalars, room) => {
    for (let i = 0; i < from.length; i++) at[i] = (buffers[from[i] as number] as number) + row * (read[i] as number)
    at[from.length] = room
    for (let i = 0; i < taken.length; i++) numbers[i] = scalars[taken[i] as number] as number
    for (let i = 1; i < to.length; i++) stored[i - 1] = place(buffers, row, i)
    run(at, numbers, place(buffers, row, 0), stored)
  }
}

/** All that some operands read of one buffer, as one of them. */
function hullOf(operands: readonly Operand[]): Operand {
  const spans = operands.map(spanOf)
  const begin = Math.min(...spans.map(([first]) => first))
  const end = Math.max(...spans.map(([, behind]) => behind))
  return { ...(operands[0] as Operand), shape: [end - begin], strides: [1], offset: begin }
}
