import type { TypedArray } from './dtype.ts'
import { showShape } from './shape.ts'
import type { Tensor } from './tensor.ts'

const shown = 8

/** `Tensor f32 [2, 3] matmul`, followed by the first values where the host has them. Printing computes nothing. */
export function showTensor(x: Tensor): string {
  const head = `Tensor ${x.dtype} ${showShape(x.shape)} ${x.op.name}`
  if (typeof x.value === 'number') return `${head} ${x.value}`
  if (!ArrayBuffer.isView(x.value)) return head
  const data = x.value as TypedArray
  const values = Array.from(data.subarray(0, shown), (v) =>
    x.dtype === 'bool' ? String(v !== 0) : String(Number(v.toPrecision(6))),
  )
  return `${head} (${values.join(', ')}${data.length > shown ? ', …' : ''})`
}
