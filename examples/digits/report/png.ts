import { crc32, deflateSync } from 'node:zlib'

/** A grey picture as a data URL: pixels from 0 (black) to 1 (white), row by row. */
export function pngUrl(pixels: ArrayLike<number>, height: number, width: number): string {
  const lines = new Uint8Array(height * (width + 1))
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const value = Math.max(0, Math.min(1, pixels[row * width + column] as number))
      // Each line starts with the number of its filter, 0 for none.
      lines[row * (width + 1) + 1 + column] = Math.round(255 * value)
    }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  // Eight bits a pixel; the zeros after mean grey, deflate, adaptive filters, not interlaced.
  header[8] = 8
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  const file = Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(lines)),
    chunk('IEND', Buffer.alloc(0)),
  ])
  return `data:image/png;base64,${file.toString('base64')}`
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const check = Buffer.alloc(4)
  check.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, check])
}
