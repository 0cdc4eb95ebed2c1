import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, watch, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import * as core from '@wengert/core'
import { leaves, tensor } from '@wengert/core'
import { describeDocs, runs } from '@wengert/testing'
import { afterAll, describe, expect, it } from 'vitest'
import { FormatError } from '../formatError.ts'
import * as data from '../index.ts'
import * as node from '../node.ts'
import { loadSafetensors, saveSafetensors } from '../node.ts'
import { parseSafetensors } from '../parseSafetensors.ts'

const folder = mkdtempSync(join(tmpdir(), 'wengert-weights-'))
afterAll(() => rmSync(folder, { recursive: true }))

describeDocs({
  folder: import.meta.dirname,
  exports: node,
  scope: { ...core, ...data, path: join(folder, 'docs.safetensors') },
})

describe('saveSafetensors and loadSafetensors', () => {
  const path = join(folder, 'weights.safetensors')
  const tree = { layers: [{ weight: tensor([[1, 2]]) }, { weight: tensor([3], { dtype: 'f64' }) }] }

  it('save what loads, as parseSafetensors reads it, and leave nothing else', async () => {
    const own = mkdtempSync(join(folder, 'own-'))
    const there = join(own, 'a.safetensors')
    await saveSafetensors(there, tree, { epoch: '1' })
    await saveSafetensors(there, tree, { epoch: '2' })
    const loaded = await loadSafetensors(there)
    expect(loaded.metadata).toEqual({ epoch: '2' })
    expect(leaves(loaded.tree).map((x) => [x.dtype, ...x.dataSync()])).toEqual([
      ['f32', 1, 2],
      ['f64', 3],
    ])
    expect(parseSafetensors(readFileSync(there)).metadata).toEqual(loaded.metadata)
    expect(readdirSync(own)).toEqual(['a.safetensors'])
  })

  it('keep a link a link', async () => {
    const link = join(folder, 'link.safetensors')
    await saveSafetensors(path, tree)
    symlinkSync(path, link)
    await saveSafetensors(link, tree, { by: 'link' })
    expect((await loadSafetensors(path)).metadata).toEqual({ by: 'link' })
    expect(
      readdirSync(folder, { withFileTypes: true })
        .find(({ name }) => name === 'link.safetensors')
        ?.isSymbolicLink(),
    ).toBe(true)
  })

  it('leave the old file, and no other, where saving fails', async () => {
    const own = mkdtempSync(join(folder, 'own-'))
    const there = join(own, 'a.safetensors')
    await saveSafetensors(there, tree, { epoch: '1' })
    await expect(saveSafetensors(there, tensor(1))).rejects.toThrow('saveSafetensors: tree must be')
    // A folder cannot be replaced by a file.
    await expect(saveSafetensors(own, tree)).rejects.toThrow(/EISDIR|EPERM|EEXIST|ENOTEMPTY/)
    await expect(saveSafetensors(join(own, 'missing', 'a'), tree)).rejects.toThrow('ENOENT')
    expect(readdirSync(own)).toEqual(['a.safetensors'])
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
    expect((await loadSafetensors(there)).metadata).toEqual({ epoch: '1' })
  })

  it('do not mix what is saved at once', async () => {
    const own = mkdtempSync(join(folder, 'own-'))
    const there = join(own, 'a.safetensors')
    const versions = [1, 2, 3, 4, 5]
    await Promise.all(
      versions.map((version) => saveSafetensors(there, { x: tensor(new Float32Array(1e5).fill(version)) })),
    )
    const values = new Set(leaves((await loadSafetensors(there)).tree).flatMap((x) => [...x.dataSync()]))
    expect(values.size).toBe(1)
    expect(versions).toContain([...values][0])
    expect(readdirSync(own)).toEqual(['a.safetensors'])
  })

  it('name the file that is broken', async () => {
    await expect(loadSafetensors(join(folder, 'none'))).rejects.toThrow('ENOENT')
    const broken = join(folder, 'broken.safetensors')
    await saveSafetensors(path, tree)
    const whole = readFileSync(path)
    for (const end of [0, 7, 8, 100, whole.length - 1]) {
      writeFileSync(broken, whole.subarray(0, end))
      await expect(loadSafetensors(broken)).rejects.toThrow(FormatError)
      await expect(loadSafetensors(broken)).rejects.toThrow(`loadSafetensors: ${broken}: `)
    }
  })

  it('keep a file whole when the process that saves is killed, wherever it is', { timeout: 3_600_000 }, async () => {
    const own = mkdtempSync(join(folder, 'killed-'))
    const there = join(own, 'a.safetensors')
    const size = 2 ** 13
    await saveUntil(there, { size, first: 1, last: 1 })
    let [before, unfinished] = [1, 0]
    for (let kill = 0; kill < runs(0.08).numRuns; kill++) {
      const said = await saveUntil(there, { size, first: before + 1, kill: true })
      const { tree, metadata } = await loadSafetensors(there)
      const version = Number(metadata.version)
      // Either the last that was said to be saved or the one that was being saved.
      expect([said, said + 1]).toContain(version)
      const parts = leaves(tree).map((x) => x.dataSync())
      expect(parts.map((x) => x.length)).toEqual(new Array(64).fill(size))
      expect(parts.every((x) => x.every((value) => value === version))).toBe(true)
      before = version
      for (const name of readdirSync(own).filter((name) => name.endsWith('.tmp'))) {
        unfinished++
        rmSync(join(own, name))
      }
    }
    // Or no kill came in the midst of saving.
    expect(unfinished).toBeGreaterThan(0)
  })
})

interface Saving {
  /** Elements of each tensor. */
  readonly size: number
  readonly first: number
  readonly last?: number
  /** Whether to kill the process while it saves, at a random moment after it has begun the second time. */
  readonly kill?: boolean
}

/** Starts a process that saves again and again; resolves to the last version that it said was saved. */
async function saveUntil(path: string, { size, first, last = 1e9, kill = false }: Saving): Promise<number> {
  const program = join(import.meta.dirname, '../testing/saveRepeatedly.ts')
  const args = ['--conditions=@wengert/source', program, path, String(size), String(first), String(last)]
  // What the first process has compiled the others need not.
  const env = { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compiled') }
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env })
  const closed = new Promise((resolve) => child.on('close', resolve))
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  // New names in the folder: those of files that are being written.
  const begun = new Set<string>()
  const watcher = watch(dirname(path), (_, name) => {
    if (!kill || !name?.endsWith('.tmp')) return
    begun.add(name)
    if (begun.size === 2) setTimeout(() => child.kill('SIGKILL'), 25 * Math.random())
  })
  await closed
  watcher.close()
  return said === '' ? first - 1 : Number(said.trim().split('\n').at(-1))
}
