import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cpu } from '@wengert/backend-cpu'
import { max, useBackend } from '@wengert/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadDataset } from './dataset.ts'
import { InputError } from './inputError.ts'

let folder = ''
beforeAll(() => {
  useBackend(cpu())
  folder = mkdtempSync(join(tmpdir(), 'wengert-dataset-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, contents: string | readonly number[]): string {
  const path = join(folder, name)
  writeFileSync(path, typeof contents === 'string' ? contents : Uint8Array.from(contents))
  return path
}

const head = (...sizes: number[]): number[] => sizes.flatMap((n) => [0, 0, 0, n])
const images = (...sizes: number[]): number[] => [
  0,
  0,
  8,
  sizes.length,
  ...head(...sizes),
  ...new Array(sizes.reduce((a, b) => a * b, 1)).fill(1),
]
const labels = (...classes: number[]): number[] => [0, 0, 8, 1, ...head(classes.length), ...classes]

describe('loadDataset', () => {
  it('brings the digits, a fifth of them for testing, scaled to 1', () => {
    const { train, test, height, width, classes, credit } = loadDataset(null)
    expect([train.images.shape, test.images.shape]).toEqual([
      [1438, 64],
      [359, 64],
    ])
    expect([train.labels.shape, height, width, classes]).toEqual([[1438], 8, 8, 10])
    expect(max(train.images).item()).toBe(1)
    expect(credit).toContain('CC BY 4.0')
  })

  it.each([
    ['NaN', '1,0\n2,1\nNaN,0', 'line 3, column 1 must hold a finite number, got "NaN".'],
    ['words', '1,0\n2,1\nmany,0', 'line 3, column 1 must hold a finite number, got "many".'],
    ['fractions', '1,0\n2,1.5', 'label of row 2 must be an integer from 0 to 2^31 - 1, got 1.5 in column 2.'],
    ['few rows', '1,0\n2,1', 'dataset must have rows enough for both parts, got 2 with 0 for testing.'],
    ['one class', '1,0\n2,0\n3,0\n4,0', 'labels must be 2 to 1000 classes, counted from 0, got 1.'],
    ['measurements', '1,0\n2,5000\n3,0\n4,0', 'labels must be 2 to 1000 classes, counted from 0, got 5001.'],
    ['nothing', '', 'text must hold at least one row of numbers, got none.'],
  ])('refuses a CSV with %s', (name, text, message) => {
    const path = file(`${name}.csv`, text)
    expect(() => loadDataset([path])).toThrow(InputError)
    expect(() => loadDataset([path])).toThrow(`${path}: ${message}`)
  })

  it('asks for the labels of a lone IDX file', () => {
    expect(() => loadDataset([file('lone', images(2, 1, 1))])).toThrow('Name its labels too')
  })

  it.each([
    [
      'no IDX',
      [80, 75, 3, 4],
      labels(0, 1),
      'images',
      'file must start with 00 00, an element type and a rank, got 50 4b 03 04.',
    ],
    ['other labels', images(2, 1, 1), [1, 2], 'labels', 'file must start with 00 00'],
    ['a vector', images(4), labels(0, 1, 0, 1), 'images', 'images must have sizes [count, height, width], got [4].'],
    [
      'no pixels',
      images(4, 0, 3),
      labels(0, 1, 0, 1),
      'images',
      'images must have sizes [count, height, width], got [4, 0, 3].',
    ],
    [
      'labels missing',
      images(4, 1, 1),
      labels(0, 1),
      'labels',
      'labels must be 4 integers, one per image, got i32 [2].',
    ],
    [
      'a negative label',
      images(4, 1, 1),
      [0, 0, 9, 1, ...head(4), 0, 1, 255, 1],
      'labels',
      'labels must be at least 0, got -1.',
    ],
    [
      'NaN',
      [0, 0, 13, 3, ...head(1, 1, 1), 127, 192, 0, 0],
      labels(0),
      'images',
      'pixels must be finite numbers, got NaN or Infinity.',
    ],
  ])('refuses an IDX pair with %s', (name, pixels, classes, culprit, message) => {
    const paths = { images: file(`${name} images`, pixels), labels: file(`${name} labels`, classes) }
    expect(() => loadDataset([paths.images, paths.labels])).toThrow(InputError)
    expect(() => loadDataset([paths.images, paths.labels])).toThrow(
      `${paths[culprit as 'images' | 'labels']}: ${message}`,
    )
  })
})
