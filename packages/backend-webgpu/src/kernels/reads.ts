import type { MapBody } from '@wengert/core'
import { mergeAxes, position } from '../wgsl/layout.ts'
import { load } from '../wgsl/module.ts'

/** How the inputs of a body are read for the element at index `e` of its shape, or for four from there on. */
export interface Reads {
  /** Whether four elements are read at a time. */
  readonly wide: boolean
  /** Whether an input is bound as vectors. */
  readonly vector: (input: number) => boolean
  /** `let v0 = …`, for an input that is bound under a name. */
  readonly line: (input: number, name: string) => string
}

/** Four at a time, if they may be, where all inputs lie in order or stand still along the last axis. */
export function readsOf({ shape, inputs }: Pick<MapBody, 'shape' | 'inputs'>, fours: boolean): Reads {
  const axes = mergeAxes(
    shape,
    inputs.map((input) => input.strides),
  )
  const inner = axes.sizes.at(-1) ?? 1
  const last = axes.strides.map((strides) => strides.at(-1) ?? 0)
  const wide =
    fours &&
    inner % 4 === 0 &&
    inputs.every(({ offset }, i) => last[i] === 0 || (last[i] === 1 && isAligned(offset, axes.strides[i] ?? [])))
  const vector = (i: number): boolean => wide && last[i] === 1
  return {
    wide,
    vector,
    line(i, name) {
      const at = position(axes.sizes, axes.strides[i] ?? [], inputs[i]?.offset ?? 0, 'e')
      if (vector(i)) return `let v${i} = ${name}[(${at}) / 4u];`
      return `let v${i} = ${load(inputs[i]?.dtype ?? 'f32', `${name}[${at}]`)};`
    },
  }
}

/** Whether four neighbours along the last axis always fill one vector. */
function isAligned(offset: number, strides: readonly number[]): boolean {
  return offset % 4 === 0 && strides.slice(0, -1).every((stride) => stride % 4 === 0)
}
