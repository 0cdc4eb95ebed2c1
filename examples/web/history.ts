import type { LossName } from '../digits/losses.ts'
import { Curve } from './curve.ts'

/** A stretch of training with one loss. */
export interface Segment {
  readonly lossName: LossName
  readonly loss: Curve
  readonly accuracy: Curve
}

/** Something that was changed while training went on. */
export interface Mark {
  readonly step: number
  readonly label: string
}

/** How training has gone since the start. */
export class History {
  readonly segments: Segment[] = []
  readonly marks: Mark[] = []

  /** Begins a stretch with a loss at a step. */
  begin(lossName: LossName, step: number): void {
    const before = this.segments.at(-1)
    if (before?.lossName === lossName) return
    const segment = { lossName, loss: new Curve(), accuracy: new Curve() }
    // The network stays the same, so its accuracy goes on from where it was.
    const last = before?.accuracy.points.at(-1)
    if (last) segment.accuracy.add(last.to, last.mean)
    this.segments.push(segment)
    if (before) this.mark(step, lossName)
  }

  mark(step: number, label: string): void {
    this.marks.push({ step, label })
  }

  addLoss(step: number, loss: number): void {
    this.segments.at(-1)?.loss.add(step, loss)
  }

  addAccuracy(step: number, accuracy: number): void {
    this.segments.at(-1)?.accuracy.add(step, accuracy)
  }
}
