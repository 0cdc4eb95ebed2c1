import { type MatmulKernel, sizeOf } from '@wengert/core'
import { fold, type Stage } from '../stage.ts'
import { load, moduleOf, registerOf, storeSum } from '../wgsl/module.ts'
import { anyKept, keptFlags, skipping } from './keptBlocks.ts'
import { closest, element, matrixOf } from './operand.ts'
import { resultsOf } from './results.ts'
import { groupParameters, indent, tileOf } from './tiles.ts'

/** Columns of an operand that a workgroup holds at a time. */
const depth = 16

/**
 * With workgroup memory: 16 × 16 invocations compute a tile of the product, each of them per × per elements that lie 16 apart.
 * Both operands pass through workgroup memory in slabs, read in the order in which they lie.
 */
export function tiledStage(kernel: MatmulKernel): Pick<Stage, 'code' | 'workgroups'> {
  const { batch, m, k, n, dtype, kept } = kernel
  const per = m * n >= 2 ** 18 && Math.min(m, n) >= 128 ? 8 : Math.min(m, n) > 32 ? 4 : 2
  const tile = 16 * per
  const skip = skipping(kernel, tile, depth)
  const results = resultsOf(kernel, false)
  const type = registerOf(dtype)
  const a = matrixOf('a', kernel, false)
  const b = matrixOf('b', kernel, false)
  const zero = `${type}()`
  const [wide, high] = [Math.ceil(n / tile), Math.ceil(m / tile)]
  const tiles = wide * high * sizeOf(batch)
  const each = Array.from({ length: per }, (_, i) => i)
  const loads = Array.from({ length: (tile * depth) / 256 }, (_, i) => `lane + ${256 * i}u`)
  const guarded = (inside: string, value: string): string => `var v = ${zero}; if (${inside}) { v = ${value}; }`
  const loadA = loads.map((e) => {
    const split =
      closest(a.right) <= closest(a.down)
        ? `let i = e / ${depth}u; let q = e % ${depth}u;`
        : `let i = e % ${tile}u; let q = e / ${tile}u;`
    const value = load(dtype, `a[${element(a, 'm0 + i', 'p + q')}]`)
    return `{ let e = ${e}; ${split} ${guarded(`m0 + i < ${m}u && p + q < ${k}u`, value)} sharedA[q * ${tile + 1}u + i] = v; }`
  })
  const loadB = loads.map((e) => {
    const split =
      closest(b.right) <= closest(b.down)
        ? `let q = e / ${tile}u; let j = e % ${tile}u;`
        : `let q = e % ${depth}u; let j = e / ${depth}u;`
    const value = load(dtype, `b[${element(b, 'p + q', 'n0 + j')}]`)
    return `{ let e = ${e}; ${split} ${guarded(`n0 + j < ${n}u && p + q < ${k}u`, value)} sharedB[q * ${tile + 1}u + j] = v; }`
  })
  const lines = [
    ...tileOf(tiles, wide, high),
    'let lane = local.y * 16u + local.x;',
    `let n0 = tile % across * ${tile}u;`,
    `let m0 = tile / across % down * ${tile}u;`,
    ...each.flatMap((i) => each.map((j) => `var s${i}_${j} = ${zero};`)),
    ...skip.before,
    `for (var p = 0u; p < ${k}u${skip.condition}; p += ${depth}u) {`,
    ...skip.first,
    ...indent([...loadA, ...loadB, 'workgroupBarrier();']),
    `  for (var q = 0u; q < ${depth}u; q++) {`,
    ...indent(indent(each.map((i) => `let a${i} = sharedA[q * ${tile + 1}u + local.y + ${16 * i}u];`))),
    ...indent(indent(each.map((j) => `let b${j} = sharedB[q * ${tile + 1}u + local.x + ${16 * j}u];`))),
    ...indent(indent(each.flatMap((i) => each.map((j) => `s${i}_${j} += a${i} * b${j};`)))),
    '  }',
    '  workgroupBarrier();',
    '}',
    ...(results
      ? [
          `var sums = array<${type}, ${per * per}>(${each.flatMap((i) => each.map((j) => `s${i}_${j}`)).join(', ')});`,
          `for (var at = 0u; at < ${per * per}u; at++) {`,
          `  let i = m0 + local.y + at / ${per}u * 16u; let j = n0 + local.x + at % ${per}u * 16u;`,
          `  if (i < ${m}u && j < ${n}u) { finish((z * ${m}u + i) * ${n}u + j, sums[at]); }`,
          '}',
        ]
      : each.flatMap((i) =>
          each.map(
            (j) =>
              `{ let i = m0 + local.y + ${16 * i}u; let j = n0 + local.x + ${16 * j}u; if (i < ${m}u && j < ${n}u) { out[(z * ${m}u + i) * ${n}u + j] = ${storeSum(dtype, `s${i}_${j}`)}; } }`,
          ),
        )),
  ]
  const code = moduleOf({
    outputs: [{ name: 'out', dtype }],
    ...results?.module,
    inputs: [
      { name: 'a', dtype },
      { name: 'b', dtype },
      ...(kept ? [keptFlags] : []),
      ...(results?.module.inputs ?? []),
    ],
    declarations: [
      ...(kept ? [anyKept(kept)] : []),
      ...(results ? [results.module.declarations] : []),
      ...['sharedA', 'sharedB'].map((name) => `var<workgroup> ${name}: array<${type}, ${depth * (tile + 1)}>;`),
    ].join('\n'),
    workgroup: '16, 16',
    parameters: groupParameters,
    main: lines.join('\n'),
  })
  return { code, workgroups: fold(tiles) }
}
