import { describe, expect, it } from 'vitest'
import { folderOf, userFrame } from './callSites.ts'

const sources = '/home/a/wengert/packages/'
const published = '/home/a/app/node_modules/@wengert/'

describe('the innermost frame of the user', () => {
  it.each([
    [
      'in V8, as sources',
      `Error
    at recordCallSite (file:///home/a/wengert/packages/core/src/callSites.ts:40:9)
    at new Tensor (file:///home/a/wengert/packages/core/src/tensor.ts:90:5)
    at crossEntropy (file:///home/a/wengert/packages/losses/src/crossEntropy.ts:9:10)
    at Array.map (<anonymous>)
    at loss (file:///home/a/wengert/examples/train.ts:12:34)
    at file:///home/a/wengert/examples/train.ts:20:1`,
      sources,
      '/home/a/wengert/examples/train.ts:12:34',
    ],
    [
      'in V8, as published, at the top of a module',
      `Error
    at new Tensor (file:///home/a/app/node_modules/@wengert/core/dist/tensor.js:90:5)
    at dense (file:///home/a/app/node_modules/.pnpm/@wengert+nn@0.1.0/node_modules/@wengert/nn/dist/dense.js:9:1)
    at async file:///home/a/app/main.js:3:15
    at node:internal/main:1:1`,
      published,
      '/home/a/app/main.js:3:15',
    ],
    [
      'in V8, in an asynchronous function, with paths for URLs',
      `Error
    at sum (/home/a/wengert/packages/core/src/ops/reduce.ts:1:1)
    at async train (/home/a/my project/train.ts:7:8)`,
      sources,
      '/home/a/my project/train.ts:7:8',
    ],
    [
      'on Windows',
      `Error
    at sum (file:///C:/app/node_modules/@wengert/core/dist/ops/reduce.js:1:1)
    at train (file:///C:/app/train.js:7:8)`,
      'C:/app/node_modules/@wengert/',
      'C:/app/train.js:7:8',
    ],
    [
      'in Firefox and Safari',
      `Tensor@https://cdn.example/@wengert/core@0.1.0/dist/tensor.js:90:5
@https://cdn.example/@wengert/core@0.1.0/dist/ops/reduce.js:4:5
loss@https://site.example/train.js:12:34
https://site.example/other.js:1:1`,
      'https://cdn.example/@wengert/',
      'https://site.example/train.js:12:34',
    ],
    [
      'with the packages bundled by a development server',
      `Error
    at sum (http://localhost:5173/node_modules/.vite/deps/@wengert_core.js?v=1f:9:9)
    at loss (http://localhost:5173/src/train.ts?t=5:12:34)`,
      'http://localhost:5173/node_modules/',
      'http://localhost:5173/src/train.ts:12:34',
    ],
    ['where there is none', 'Error\n    at sum (/app/bundle.js:1:1)', '/app/', null],
    ['where stacks are unknown', 'somewhere', sources, null],
  ])('%s', (_, stack, home, wanted) => {
    expect(userFrame(stack, home)).toBe(wanted)
  })
})

it('packages lie three levels above their modules', () => {
  expect(folderOf('file:///home/a/wengert/packages/core/src/callSites.ts', 3)).toBe(sources)
  expect(folderOf('file:///home/a/app/node_modules/@wengert/core/dist/callSites.js', 3)).toBe(published)
  expect(folderOf('file:///C:/app/node_modules/@wengert/core/dist/callSites.js', 3)).toBe(
    'C:/app/node_modules/@wengert/',
  )
})
