import { type RandomKernel, sizeOf } from '@wengert/core'
import { grid, type Stages } from '../stage.ts'
import { moduleOf, scalar, threadIndex } from '../wgsl/module.ts'

/** Each invocation computes one block of Threefry, which makes two elements. */
export function randomStages({ dtype, shape }: RandomKernel): Stages {
  const size = sizeOf(shape)
  const pairs = Math.ceil(size / 2)
  const { workgroups, row } = grid(pairs)
  const element = (word: string): string =>
    dtype === 'f32' ? `f32(${word} >> 8u) * 5.9604644775390625e-8f` : `bitcast<i32>(${word})`
  const main = [
    threadIndex(pairs, row),
    `let words = threefry(bitcast<u32>(${scalar('i32', 0)}), bitcast<u32>(${scalar('i32', 1)}), 0u, i);`,
    `out[2u * i] = ${element('words.x')};`,
    `if (2u * i + 1u < ${size}u) { out[2u * i + 1u] = ${element('words.y')}; }`,
  ]
  const code = moduleOf({
    inputs: [],
    outputs: [{ name: 'out', dtype }],
    scalars: 2,
    needs: ['threefry'],
    main: main.join('\n'),
  })
  return { stages: [{ code, buffers: [0], scalars: true, workgroups }], scratch: [] }
}
