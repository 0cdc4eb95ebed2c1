import type * as w from '@wengert/core'
import { arrangements, draws } from './arrangements.ts'
import { maps } from './elementwise.ts'
import { mixtures } from './mixtures.ts'
import { products } from './products.ts'
import { bodies, reductions } from './reductions.ts'

/** What is computed on both backends; called once for each, since lines remember what was read. */
export type Program = () => readonly w.Tensor[]

/** A program by name. What the CPU must compute instead stands beside it where it lacks a dtype. */
export type Row = readonly [name: string, program: Program, oracle?: Program]

/** Every program, by name. */
export function programs(): readonly Row[] {
  return [...maps(), ...reductions(), ...bodies(), ...products(), ...arrangements(), ...draws(), ...mixtures()]
}
