import { type ConcatKernel, type Program, sizeOf } from '@wengert/core'
import type { CpuBuffer } from './cpu.ts'
import { mergeAxes, StridedCursor } from './strided.ts'

/** Copies a stretch of each input in turn: its part of the output for one index of the axes before. */
export function prepareConcat({ shape, axis, start, inputs }: ConcatKernel): Program<CpuBuffer> {
  const outer = sizeOf(shape.slice(0, axis))
  const inner = sizeOf(shape.slice(axis + 1))
  const parts = inputs.map(({ shape, strides, offset }) => ({
    stretch: (shape[axis] as number) * inner,
    reader: new StridedCursor(mergeAxes(shape, strides), offset),
  }))
  const run: Program<CpuBuffer>['run'] = (buffers, _, [output]) => {
    const { data } = output as CpuBuffer
    let first = start * inner
    const width = data.length / outer
    parts.forEach(({ stretch, reader }, p) => {
      if (stretch > 0 && outer > 0) {
        const source = (buffers[p] as CpuBuffer).data
        for (let o = 0, to = first; o < outer; o++, to += width)
          reader.read(source, data.subarray(to, to + stretch), stretch)
      }
      first += stretch
    })
  }
  return { run }
}
