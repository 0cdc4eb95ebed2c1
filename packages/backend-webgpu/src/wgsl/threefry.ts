import type { Functions } from './functions.ts'

/** Left rotations of the rounds, in groups of four. */
const rotations = [13, 15, 26, 6, 17, 29, 16, 24]

const words = ['k0', 'k1', 'k2']

function rounds(): string {
  const lines: string[] = []
  for (let group = 0; group < 5; group++) {
    for (let i = 0; i < 4; i++) {
      const by = rotations[(group % 2) * 4 + i] as number
      lines.push(`x0 += x1; x1 = ((x1 << ${by}u) | (x1 >> ${32 - by}u)) ^ x0;`)
    }
    const next = group + 1
    lines.push(`x0 += ${words[next % 3]}; x1 += ${words[(next + 1) % 3]} + ${next}u;`)
  }
  return lines.join('\n  ')
}

/** Random numbers: Threefry-2x32 with 20 rounds (Salmon et al., Parallel random numbers: as easy as 1, 2, 3, 2011). */
export const threefry: Functions = {
  threefry: `fn threefry(k0: u32, k1: u32, c0: u32, c1: u32) -> vec2<u32> {
  let k2 = 0x1bd11bdau ^ k0 ^ k1;
  var x0 = c0 + k0;
  var x1 = c1 + k1;
  ${rounds()}
  return vec2<u32>(x0, x1);
}`,
}
