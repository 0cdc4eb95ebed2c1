import type { CpuBackend, CpuBuffer } from '@wengert/backend-cpu'
import { type Chain, type ChainStep, chainRows, type DType, type Program, type TypedArray } from '@wengert/core'

/**
 * A backend that joins all kernels to chains that can be, and runs these two rows at a time, with nothing but these two in buffers that
 * are the chain's own. `seen` gets the chains.
 */
export function chaining(backend: CpuBackend, seen: Chain[] = []): CpuBackend {
  // What binds plans knows no chains.
  const { bind: _, ...rest } = backend
  return {
    ...rest,
    chains: {
      join: (jobs, isKept) => chainRows(jobs, isKept, 0),
      prepare: (chain) => {
        seen.push(chain)
        return inTurns(chain, backend)
      },
    },
  }
}

const arrays: Readonly<Record<Exclude<DType, 'f16'>, new (size: number) => TypedArray>> = {
  bool: Uint8Array,
  i32: Int32Array,
  f32: Float32Array,
  f64: Float64Array,
}

function inTurns({ rows, inputs, slots, outputs, steps }: Chain, backend: CpuBackend): Program<CpuBuffer> {
  return {
    run(given, scalars, results) {
      for (let row = 0; row < rows; row += 2) {
        const count = Math.min(2, rows - row)
        const between = slots.map(({ dtype, size }) => new arrays[dtype as 'f32']((size / rows) * count).fill(77))
        const written = outputs.map(({ size }, i) => {
          const width = size / rows
          return (results[i] as CpuBuffer).data.subarray(row * width, (row + count) * width)
        })
        const buffers = [...given, ...[...between, ...written].map((data): CpuBuffer => ({ data, at: -1, bin: null }))]
        const at = (places: readonly number[]): CpuBuffer[] => places.map((place) => buffers[place] as CpuBuffer)
        for (const step of steps) {
          const numbers = step.scalars.map((place) => scalars[place] as number)
          backend.prepare(ofRows(step, row, count, inputs)).run(at(step.inputs), numbers, at(step.outputs))
        }
      }
    },
  }
}

/** A kernel on some rows, which begin its own buffers but lie somewhere in what the chain reads. */
function ofRows({ kernel, inputs: from }: ChainStep, row: number, count: number, inputs: number): ChainStep['kernel'] {
  const shape = [count, ...kernel.shape.slice(1)]
  return {
    ...kernel,
    shape,
    inputs: kernel.inputs.map((operand, i) => ({
      ...operand,
      shape,
      offset: operand.offset + ((from[i] as number) < inputs ? row * (operand.strides[0] as number) : 0),
    })),
  }
}
