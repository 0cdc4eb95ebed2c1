import { type Routine, type RoutineKernel, sizeOf } from '@wengert/core'
import { grid, type Stage, type Stages } from '../stage.ts'
import { moduleOf, threadIndex } from '../wgsl/module.ts'
import { type Algorithm, cholesky, eigh, lu, qr, triangularSolve } from './matrices.ts'

const algorithms: Readonly<Record<Routine, Algorithm>> = { cholesky, triangularSolve, lu, qr, eigh }

/**
 * One invocation for each matrix (or each column of a right-hand side): a matrix algorithm's steps need one another, so a GPU helps
 * with many small matrices and not with one large one. Algorithms that need room beside their result work in scratch, from which a
 * second stage copies.
 */
export function routineStages({ routine, shape, inputs, attrs }: RoutineKernel): Stages {
  const batch = sizeOf(shape.slice(0, -2))
  const result = sizeOf(shape.slice(-2))
  const [m = 0, n = 0] = inputs.at(-1)?.shape.slice(-2) ?? []
  const { code, threads = 1, workspace = 0 } = algorithms[routine](m, n, attrs)
  const count = batch * threads
  const { workgroups, row } = grid(count)
  const used = workspace === 0 ? result : workspace
  const start = [
    threadIndex(count, row),
    `let matrix = i / ${threads}u;`,
    `let column = i % ${threads}u;`,
    `let base = matrix * ${used}u;`,
  ]
  const first: Stage = {
    code: moduleOf({
      inputs: inputs.map((_, at) => ({ name: `a${at}`, dtype: 'f32' })),
      outputs: [{ name: 'out', dtype: 'f32' }],
      needs: ['nan', 'isFiniteF32'],
      main: `${start.join('\n')}\n${code}`,
    }),
    buffers: [...inputs.keys(), workspace === 0 ? inputs.length : inputs.length + 1],
    scalars: false,
    workgroups,
  }
  if (workspace === 0) return { stages: [first], scratch: [] }
  const copied = grid(batch * result)
  const second: Stage = {
    code: moduleOf({
      inputs: [{ name: 'a0', dtype: 'f32' }],
      outputs: [{ name: 'out', dtype: 'f32' }],
      main: `${threadIndex(batch * result, copied.row)}\nout[i] = a0[i / ${result}u * ${workspace}u + i % ${result}u];`,
    }),
    buffers: [inputs.length + 1, inputs.length],
    scalars: false,
    workgroups: copied.workgroups,
  }
  return { stages: [first, second], scratch: [batch * workspace] }
}
