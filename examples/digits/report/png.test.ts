import { inflateSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { pngUrl } from './png.ts'

it('writes a picture that holds its pixels', () => {
  const [head = '', body = ''] = pngUrl([0, 0.5, 1, 2, -1, Number.NaN], 2, 3).split(',')
  expect(head).toBe('data:image/png;base64')
  const file = Buffer.from(body, 'base64')
  expect(file.subarray(1, 4).toString()).toBe('PNG')
  expect([file.readUInt32BE(16), file.readUInt32BE(20)]).toEqual([3, 2])
  const at = file.indexOf('IDAT')
  const lines = inflateSync(file.subarray(at + 4, at + 4 + file.readUInt32BE(at - 4)))
  expect([...lines]).toEqual([0, 0, 128, 255, 0, 255, 0, 0])
})
