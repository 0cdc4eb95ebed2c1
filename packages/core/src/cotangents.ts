import { joined } from './ops/join.ts'
import { padOp } from './ops/pad.ts'
import { scalar } from './ops/source.ts'
import type { Shape } from './shape.ts'
import type { Tensor } from './tensor.ts'

/** A cotangent that is zeros but for a run along one axis. */
interface Run {
  readonly cotangent: Tensor
  readonly values: Tensor
  readonly axis: number
  readonly from: number
  readonly to: number
}

/**
 * The sum of the cotangents that a line gets from its readers. Those of slices are zeros around a run of numbers: runs that do not
 * overlap are joined, so that the gradient of T slices moves each number once and not T times.
 */
export function totalOf(cotangents: readonly Tensor[]): Tensor {
  const [first] = cotangents as readonly [Tensor]
  if (cotangents.length === 1) return first
  const terms: (Tensor | Run[])[] = []
  for (const cotangent of cotangents) {
    const run = runOf(cotangent)
    const fitting = run && terms.find((term): term is Run[] => Array.isArray(term) && fits(run, term))
    if (fitting) fitting.push(run)
    else terms.push(run ? [run] : cotangent)
  }
  return terms
    .map((term) => (Array.isArray(term) ? sumOfRuns(term, first.shape) : term))
    .reduce((sum, term) => sum.add(term))
}

function runOf(cotangent: Tensor): Run | null {
  const { op, inputs, attrs, shape } = cotangent
  const [values] = inputs
  if (op !== padOp || !values || attrs.slice(shape.length).some((step) => step !== 1)) return null
  const axes = [...shape.keys()].filter((a) => values.shape[a] !== shape[a])
  const [axis = 0] = axes
  const from = attrs[axis] as number
  return axes.length === 1 ? { cotangent, values, axis, from, to: from + (values.shape[axis] as number) } : null
}

function fits({ axis, from, to }: Run, runs: readonly Run[]): boolean {
  return runs.every((run) => run.axis === axis && (run.to <= from || to <= run.from))
}

/** Runs in their order, with zeros between them. */
function sumOfRuns(runs: readonly Run[], shape: Shape): Tensor {
  const { cotangent, axis, values } = runs[0] as Run
  if (runs.length === 1) return cotangent
  const parts: Tensor[] = []
  let at = 0
  const skip = (to: number): void => {
    if (at < to) parts.push(scalar(0, values.dtype).broadcastTo(shape.with(axis, to - at)))
  }
  for (const run of runs.toSorted((a, b) => a.from - b.from)) {
    skip(run.from)
    parts.push(run.values)
    at = run.to
  }
  skip(shape[axis] as number)
  return joined(parts, axis)
}
