import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cpu } from '@wengert/backend-cpu'
import { concat, key, max, randomInt, useBackend } from '@wengert/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadCheckpoint, saveCheckpoint, snapshotOf } from './checkpoint.ts'
import { generate } from './generate.ts'
import { gpt } from './model.ts'
import { encode, readText, windows } from './text.ts'
import { type Training, trainingOf } from './training.ts'

const settings = { features: 8, heads: 2, layers: 2, context: 6, batch: 2, lr: 1e-2, steps: 6, seed: 3 }
const text = readText('the cat sat on the mat, and the dog sat on the cat. '.repeat(8))

beforeAll(() => useBackend(cpu()))

describe('training', () => {
  const folder = mkdtempSync(join(tmpdir(), 'char-gpt-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  const steps = async (training: Training, count: number): Promise<number[]> => {
    const losses: number[] = []
    for (let i = 0; i < count; i++) losses.push(await training.next())
    return losses
  }
  const save = async (training: Training, name: string): Promise<string> => {
    const path = join(folder, name)
    const { tree, step } = training
    await saveCheckpoint(path, tree, { step, settings, alphabet: text.alphabet, digest: '', points: [] })
    return path
  }

  it('goes on from a checkpoint bit for bit, with the windows that would have come', async () => {
    const whole = trainingOf(text, settings)
    const losses = await steps(whole, 6)

    const half = trainingOf(text, settings)
    const firstLosses = await steps(half, 3)
    const checkpoint = await loadCheckpoint(await save(half, 'half.safetensors'))
    const rest = trainingOf(text, checkpoint.settings, snapshotOf(checkpoint))
    expect(rest.step).toBe(3)
    expect([...firstLosses, ...(await steps(rest, 3))]).toEqual(losses)

    // Parameters, moments, the optimizer's count and the number of steps, each byte of them.
    const [a, b] = [await save(whole, 'whole.safetensors'), await save(rest, 'rest.safetensors')]
    expect(readFileSync(b).equals(readFileSync(a))).toBe(true)
    expect(readFileSync(a).equals(readFileSync(join(folder, 'half.safetensors')))).toBe(false)
  })

  it('is decided by its seed, and learns', async () => {
    const [mine, same, other] = [0, 0, 1].map((seed) => trainingOf(text, { ...settings, seed, steps: 60 })) as [
      Training,
      Training,
      Training,
    ]
    const before = await mine.heldLoss(8)
    const losses = await steps(mine, 3)
    expect(await steps(same, 3)).toEqual(losses)
    expect(await steps(other, 3)).not.toEqual(losses)
    await steps(mine, 20)
    expect(await mine.heldLoss(8)).toBeLessThan(before - 0.3)
  })
})

describe('a text', () => {
  it('is divided into blocks, of which every tenth is held back', () => {
    const { alphabet, train, held } = readText('abcdefghijabcdefghij')
    const written = (ids: Int32Array): string => Array.from(ids, (id) => alphabet[id]).join('')
    expect(written(train)).toBe('abcdefghijabcdefgh')
    expect(written(held)).toBe('ij')
    expect(() => encode(alphabet, 'cab!')).toThrow('"!" must be a character of the text that is learned.')
  })

  it('is cut into windows, and what follows each character', () => {
    const { x, next } = windows(
      Int32Array.from({ length: 9 }, (_, i) => i),
      [5, 0],
      3,
    )
    expect([...x.dataSync()]).toEqual([5, 6, 7, 0, 1, 2])
    expect([...next.dataSync()]).toEqual([6, 7, 8, 1, 2, 3])
  })
})

describe('generation', () => {
  const options = { characters: 5, features: 8, heads: 2, layers: 2, context: 4 }
  const model = gpt(options)
  const params = model.init(key(1))
  const text = async (count: number, seed: number, temperature: number): Promise<number[]> => {
    const places: number[] = []
    for await (const place of generate(model, params, { prompt: [0, 1], count, key: key(seed), temperature }))
      places.push(place)
    return places
  }

  it('in pieces sees what the whole sees, also beyond the context', () => {
    const known = randomInt(key(2), [9], { high: 5 })
    const [first, caches] = model.step(params, known.slice([0], [6]), model.caches(12))
    const [rest] = model.step(params, known.slice([6], [9]), caches)
    const whole = model.apply(params, known)
    expect(max(concat([first, rest]).sub(whole).abs()).item()).toBeLessThan(1e-5)
    // What is asked about matters: logits are not all the same.
    expect(max(whole.abs()).item()).toBeGreaterThan(0.01)
  })

  it('is decided by its key, and at temperature 0 by the model alone', async () => {
    expect(await text(12, 7, 1)).toEqual(await text(12, 7, 1))
    expect(await text(12, 7, 1)).not.toEqual(await text(12, 8, 1))
    expect(await text(12, 7, 0)).toEqual(await text(12, 8, 0))
  })
})
