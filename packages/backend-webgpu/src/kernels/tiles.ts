import { fold } from '../stage.ts'

export const groupParameters = '@builtin(local_invocation_id) local: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>'

/** WGSL for the tile of a workgroup: tiles count along the columns first, then along the rows, then through the batch. */
export function tileOf(tiles: number, across: number, down: number): string[] {
  return [
    `let tile = group.y * ${fold(tiles)[0]}u + group.x;`,
    `if (tile >= ${tiles}u) { return; }`,
    `let across = ${across}u;`,
    `let down = ${down}u;`,
    'let z = tile / (across * down);',
  ]
}

export function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`)
}
