import { type DType, type MatmulKernel, sizeOf } from '@wengert/core'
import { fold, type Stage } from '../stage.ts'
import { load, moduleOf, registerOf, storedAs, storeSum } from '../wgsl/module.ts'
import { anyKept, keptFlags, skipping } from './keptBlocks.ts'
import { distances, element, matrixOf, vectorDistance, whole4 } from './operand.ts'
import { resultsOf } from './results.ts'
import { groupParameters, indent, tileOf } from './tiles.ts'

/**
 * Without workgroup memory: each invocation computes rows × 4 elements in registers. A software adapter does best with it, as
 * its caches do what workgroup memory is for.
 */
export function registerStage(kernel: MatmulKernel): Pick<Stage, 'code' | 'workgroups'> {
  const { batch, m, k, n, dtype, kept } = kernel
  const rows = m >= 8 ? 8 : 4
  const skip = skipping(kernel, rows, 4)
  const results = resultsOf(kernel, n % 4 === 0)
  const type = registerOf(dtype)
  const a = matrixOf('a', kernel, true)
  const b = matrixOf('b', kernel, true)
  const vector = `vec4<${type}>`
  const four = [0, 1, 2, 3]
  const each = Array.from({ length: rows }, (_, i) => i)
  const quarters = Array.from({ length: rows / 4 }, (_, i) => i)

  // What does not change along k is computed once: where each row of a and each column of b starts.
  const starts =
    a.along === 'column'
      ? quarters.map((h) => `let a${h}s = (${element(a, `min(m0 + ${4 * h}u, ${m - 4}u)`, '0u')}) / 4u;`)
      : each.map((i) => `let a${i}s = ${whole4(a.along, element(a, `min(m0 + ${i}u, ${m - 1}u)`, '0u'))};`)
  starts.push(
    ...(b.along === 'row'
      ? [`let b0s = (${element(b, '0u', 'n0')}) / 4u;`]
      : four.map((j) => `let b${j}s = ${whole4(b.along, element(b, '0u', `min(n0 + ${j}u, ${n - 1}u)`))};`)),
  )
  /** Rows p … of b, four columns each. */
  const loadB = (count: number): string[] => {
    if (b.along === 'column') {
      const { lines, at } = vectorDistance('db', b.down)
      return [
        ...lines,
        ...four.map((j) => `let t${j} = ${loadVector(dtype, `b[b${j}s + ${at}]`)};`),
        ...four.map((q) => `let b${q} = ${vector}(${four.map((j) => `t${j}.${'xyzw'[q]}`).join(', ')});`),
      ]
    }
    const { lines, at } = distances('db', b.down, count, b.along === 'row' ? 4 : 1)
    if (b.along === 'row')
      return [...lines, ...at.map((to, q) => `let b${q} = ${loadVector(dtype, `b[b0s + ${to}]`)};`)]
    const rowOf = (to: string): string => four.map((j) => load(dtype, `b[b${j}s + ${to}]`)).join(', ')
    return [...lines, ...at.map((to, q) => `let b${q} = ${vector}(${rowOf(to)});`)]
  }
  /** Columns p … of a, times these rows of b. */
  const multiply = (count: number): string[] => {
    if (a.along === 'row') {
      const { lines, at } = vectorDistance('da', a.right)
      return [
        ...lines,
        ...each.flatMap((i) => [
          `let a${i} = ${loadVector(dtype, `a[a${i}s + ${at}]`)};`,
          `s${i} += ${four.map((q) => `a${i}.${'xyzw'[q]} * b${q}`).join(' + ')};`,
        ]),
      ]
    }
    const { lines, at } = distances('da', a.right, count, a.along === 'column' ? 4 : 1)
    if (a.along === 'column')
      return [
        ...lines,
        ...at.flatMap((to, q) =>
          quarters.flatMap((h) => [
            `let a${q}_${h} = ${loadVector(dtype, `a[a${h}s + ${to}]`)};`,
            ...four.map((i) => `s${4 * h + i} += a${q}_${h}.${'xyzw'[i]} * b${q};`),
          ]),
        ),
      ]
    return [
      ...lines,
      ...each.flatMap((i) => at.map((to, q) => `s${i} += ${load(dtype, `a[a${i}s + ${to}]`)} * b${q};`)),
    ]
  }
  const whole = k - (k % 4)
  const [wide, high] = [Math.ceil(n / 32), Math.ceil(m / (8 * rows))]
  const tiles = wide * high * sizeOf(batch)
  const lines = [
    ...tileOf(tiles, wide, high),
    'let n0 = (tile % across * 8u + local.x) * 4u;',
    `let m0 = (tile / across % down * 8u + local.y) * ${rows}u;`,
    `if (n0 >= ${n}u || m0 >= ${m}u) { return; }`,
    ...starts,
    ...each.map((i) => `var s${i} = ${vector}();`),
    ...skip.before,
    ...(whole > 0
      ? [
          `for (var p = 0u; p < ${whole}u${skip.condition}; p += 4u) {`,
          ...skip.first,
          ...indent([...loadB(4), ...multiply(4)]),
          '}',
        ]
      : []),
    ...(k > whole
      ? [`for (var p = ${whole}u; p < ${k}u${skip.condition}; p++) {`, ...indent([...loadB(1), ...multiply(1)]), '}']
      : []),
    ...(results ? finishRows(rows, m, n, type, results.wide) : each.flatMap((i) => storeRow(i, m, n, dtype))),
  ]
  const code = moduleOf({
    outputs: [{ name: 'out', dtype, vector: n % 4 === 0 }],
    ...results?.module,
    inputs: [
      { name: 'a', dtype, vector: a.along !== 'none' },
      { name: 'b', dtype, vector: b.along !== 'none' },
      ...(kept ? [keptFlags] : []),
      ...(results?.module.inputs ?? []),
    ],
    ...(kept && { declarations: anyKept(kept) }),
    workgroup: '8, 8',
    parameters: groupParameters,
    main: lines.join('\n'),
  })
  return { code, workgroups: fold(tiles) }
}

/** Four neighbours of an operand, as they stand in registers. */
function loadVector(dtype: DType, vector: string): string {
  return dtype === 'f16' ? `vec4<f32>(${vector})` : vector
}

/** Writes s0, s1, … where they stand inside of the matrix. */
function storeRow(i: number, m: number, n: number, dtype: DType): string[] {
  const at = `(z * ${m}u + m0 + ${i}u) * ${n}u + n0`
  const guard = i === 0 ? '' : `if (m0 + ${i}u < ${m}u) `
  const lanes = [0, 1, 2, 3].map((j) => storeSum(dtype, `s${i}.${'xyzw'[j]}`))
  if (n % 4 === 0) {
    const whole = dtype === 'f16' ? `vec4<${storedAs(dtype)}>(${lanes.join(', ')})` : `s${i}`
    return [`${guard}{ out[(${at}) / 4u] = ${whole}; }`]
  }
  const single = lanes.map((lane, j) => `if (n0 + ${j}u < ${n}u) { out[${at} + ${j}u] = ${lane}; }`)
  return [`${guard}{ ${single.join(' ')} }`]
}

/** Hands them on, those that stand inside of the matrix. */
function finishRows(rows: number, m: number, n: number, type: string, wide: boolean): string[] {
  const all = Array.from({ length: rows }, (_, i) => `s${i}`)
  return [
    `var sums = array<vec4<${type}>, ${rows}>(${all.join(', ')});`,
    `for (var i = 0u; i < min(${rows}u, ${m}u - m0); i++) {`,
    `  let at = (z * ${m}u + m0 + i) * ${n}u + n0;`,
    wide
      ? '  finish(at, sums[i]);'
      : `  for (var j = 0u; j < min(4u, ${n}u - n0); j++) { finish(at + j, sums[i][j]); }`,
    '}',
  ]
}
