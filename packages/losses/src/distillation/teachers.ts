import type { Tensor } from '@wengert/core'
import { checkFloats, checkStacked, checkTensors } from '../check.ts'

/** Checks logits [...B, K] of a student and those of its teachers, [T, ...B, K]. */
export function checkTeachers(fn: string, studentLogits: Tensor, teacherLogits: Tensor): void {
  checkTensors(fn, { studentLogits, teacherLogits })
  checkFloats(fn, { studentLogits, teacherLogits })
  checkStacked(fn, 'teacherLogits', teacherLogits, studentLogits)
}
