import { createHash } from 'node:crypto'
import { restore } from '@wengert/data'
import { loadSafetensors, saveSafetensors } from '@wengert/data/node'
import { InputError } from '../digits/inputError.ts'
import type { Settings, Snapshot } from './training.ts'

/** How things stood after a step. */
export interface Point {
  readonly step: number
  /** Mean loss of the windows learned from since the point before; nats per character, as all losses. */
  readonly loss: number
  /** Mean loss of windows held back. */
  readonly held: number
  /** Minutes of training so far, trying and sampling included. */
  readonly minutes: number
  /** The same in time of the processor. */
  readonly processor: number
  readonly sample: string
}

/** What a checkpoint says beside its tensors. */
export interface About {
  readonly step: number
  readonly settings: Settings
  readonly alphabet: readonly string[]
  /** Which text is learned. */
  readonly digest: string
  readonly points: readonly Point[]
}

export interface Checkpoint extends About {
  readonly tree: unknown
}

/** Parameters, optimizer state and all that is needed to go on as if there had been no break. */
export async function saveCheckpoint(path: string, tree: Snapshot['tree'], about: About): Promise<void> {
  await saveSafetensors(path, tree, { about: JSON.stringify(about) })
}

export async function loadCheckpoint(path: string): Promise<Checkpoint> {
  const { tree, metadata } = await loadSafetensors(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT')
      throw new InputError(`${path} must be a checkpoint, got no file. Train without --resume.`)
    throw error
  })
  if (metadata.about === undefined)
    throw new InputError(`${path} must be a checkpoint of this example, got another file.`)
  return { ...(JSON.parse(metadata.about) as About), tree }
}

/** Where training goes on, for a training fresh from its settings. */
export function snapshotOf({ step, tree }: Checkpoint): (fresh: Snapshot['tree']) => Snapshot {
  return (fresh) => ({ step, tree: restore(fresh, tree) })
}

/** Tells texts apart. */
export function digestOf(source: string): string {
  return createHash('sha256').update(source).digest('hex')
}
