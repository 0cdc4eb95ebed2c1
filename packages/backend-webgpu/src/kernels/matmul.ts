import { type DType, type Layout, type MatmulKernel, type Operand, sizeOf } from '@wengert/core'
import { type DeviceTraits, fold, type Stage, type Stages } from '../stage.ts'
import { positionOf } from '../wgsl/layout.ts'
import { load, moduleOf, registerOf, storedAs, storeSum } from '../wgsl/module.ts'
import { anyKept, keptFlags, skipping } from './keptBlocks.ts'

/** Direction along which four neighbours of an operand fill one vector: along its rows, its columns, or none. */
type Along = 'row' | 'column' | 'none'

/** An operand as its matrices lie in memory. */
interface Matrix {
  readonly name: string
  /** Distance of two neighbours in a column, and in a row. */
  readonly down: number
  readonly right: number
  readonly along: Along
  /** WGSL for where matrix `z` of the batch starts. */
  readonly start: string
}

export function matmulStages(kernel: MatmulKernel, traits: DeviceTraits): Stages {
  const stage = traits.software ? registerStage(kernel) : tiledStage(kernel)
  return { stages: [{ ...stage, buffers: kernel.kept ? [0, 1, 2, 3] : [0, 1, 2], scalars: false }], scratch: [] }
}

function matrixOf(name: string, operand: Operand, vectors: boolean): Matrix {
  const [down = 0, right = 0] = operand.strides.slice(-2)
  const lead = operand.strides.slice(0, -2)
  const aligned = (other: number): boolean =>
    vectors && operand.offset % 4 === 0 && other % 4 === 0 && lead.every((stride) => stride % 4 === 0)
  const [rows = 0, columns = 0] = operand.shape.slice(-2)
  const along =
    right === 1 && columns % 4 === 0 && aligned(down)
      ? 'row'
      : down === 1 && rows % 4 === 0 && aligned(right)
        ? 'column'
        : 'none'
  const batch: Layout = { shape: operand.shape.slice(0, -2), strides: lead, offset: operand.offset }
  return { name, down, right, along, start: positionOf(batch, 'z') }
}

/** A position as the index of a vector, where the operand is bound as vectors. */
function whole4(along: Along, at: string): string {
  return along === 'none' ? at : `(${at}) / 4u`
}

/** WGSL for (p + q) times a stride. */
function along(p: string, q: number, stride: number): string {
  if (stride === 0) return '0u'
  const at = q === 0 ? p : `(${p} + ${q}u)`
  return stride === 1 ? at : `${at} * ${stride >>> 0}u`
}

/** WGSL for the position of an element. */
function element({ down, right, start }: Matrix, row: string, column: string): string {
  const terms = [...(start === '0u' ? [] : [start]), ...term(row, down), ...term(column, right)]
  return terms.length > 0 ? terms.join(' + ') : '0u'
}

function term(index: string, stride: number): string[] {
  if (stride === 0 || index === '0u') return []
  // Unsigned numbers wrap around, so a negative stride may be any number that is equal to it modulo 2³².
  return [stride === 1 ? index : `(${index}) * ${stride >>> 0}u`]
}

/**
 * Without workgroup memory: each invocation computes rows × 4 elements in registers. A software adapter does best with it, as
 * its caches do what workgroup memory is for.
 */
function registerStage(kernel: MatmulKernel): Omit<Stage, 'buffers' | 'scalars'> {
  const { batch, m, k, n, a: left, b: right, dtype, kept } = kernel
  const rows = m >= 8 ? 8 : 4
  const skip = skipping(kernel, rows, 4)
  const type = registerOf(dtype)
  const a = matrixOf('a', left, true)
  const b = matrixOf('b', right, true)
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
    if (b.along === 'row')
      return four
        .slice(0, count)
        .map((q) => `let b${q} = ${loadVector(dtype, `b[b0s + ${along('p', q, b.down / 4)}]`)};`)
    if (b.along === 'column')
      return [
        ...four.map((j) => `let t${j} = ${loadVector(dtype, `b[b${j}s + p / 4u]`)};`),
        ...four.map((q) => `let b${q} = ${vector}(${four.map((j) => `t${j}.${'xyzw'[q]}`).join(', ')});`),
      ]
    return four.slice(0, count).map((q) => {
      const lanes = four.map((j) => load(dtype, `b[b${j}s + ${along('p', q, b.down)}]`))
      return `let b${q} = ${vector}(${lanes.join(', ')});`
    })
  }
  /** Columns p … of a, times these rows of b. */
  const multiply = (count: number): string[] => {
    if (a.along === 'row')
      return each.flatMap((i) => [
        `let a${i} = ${loadVector(dtype, `a[a${i}s + p / 4u]`)};`,
        `s${i} += ${four.map((q) => `a${i}.${'xyzw'[q]} * b${q}`).join(' + ')};`,
      ])
    if (a.along === 'column')
      return four
        .slice(0, count)
        .flatMap((q) =>
          quarters.flatMap((h) => [
            `let a${q}_${h} = ${loadVector(dtype, `a[a${h}s + ${along('p', q, a.right / 4)}]`)};`,
            ...four.map((i) => `s${4 * h + i} += a${q}_${h}.${'xyzw'[i]} * b${q};`),
          ]),
        )
    return each.flatMap((i) =>
      four.slice(0, count).map((q) => `s${i} += ${load(dtype, `a[a${i}s + ${along('p', q, a.right)}]`)} * b${q};`),
    )
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
    ...each.flatMap((i) => storeRow(i, m, n, dtype)),
  ]
  const code = moduleOf({
    inputs: [
      { name: 'a', dtype, vector: a.along !== 'none' },
      { name: 'b', dtype, vector: b.along !== 'none' },
      ...(kept ? [keptFlags] : []),
    ],
    outputs: [{ name: 'out', dtype, vector: n % 4 === 0 }],
    ...(kept && { declarations: anyKept(kept) }),
    workgroup: '8, 8',
    parameters: groupParameters,
    main: lines.join('\n'),
  })
  return { code, workgroups: fold(tiles) }
}

const groupParameters = '@builtin(local_invocation_id) local: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>'

/** WGSL for the tile of a workgroup: tiles count along the columns first, then along the rows, then through the batch. */
function tileOf(tiles: number, across: number, down: number): string[] {
  return [
    `let tile = group.y * ${fold(tiles)[0]}u + group.x;`,
    `if (tile >= ${tiles}u) { return; }`,
    `let across = ${across}u;`,
    `let down = ${down}u;`,
    'let z = tile / (across * down);',
  ]
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

/** Columns of an operand that a workgroup holds at a time. */
const depth = 16

/**
 * With workgroup memory: 16 × 16 invocations compute a tile of the product, each of them per × per elements that lie 16 apart.
 * Both operands pass through workgroup memory in slabs, read in the order in which they lie.
 */
function tiledStage(kernel: MatmulKernel): Omit<Stage, 'buffers' | 'scalars'> {
  const { batch, m, k, n, a: left, b: right, dtype, kept } = kernel
  const per = m * n >= 2 ** 18 && Math.min(m, n) >= 128 ? 8 : Math.min(m, n) > 32 ? 4 : 2
  const tile = 16 * per
  const skip = skipping(kernel, tile, depth)
  const type = registerOf(dtype)
  const a = matrixOf('a', left, false)
  const b = matrixOf('b', right, false)
  const zero = `${type}()`
  const [wide, high] = [Math.ceil(n / tile), Math.ceil(m / tile)]
  const tiles = wide * high * sizeOf(batch)
  const each = Array.from({ length: per }, (_, i) => i)
  const loads = Array.from({ length: (tile * depth) / 256 }, (_, i) => `lane + ${256 * i}u`)
  const guarded = (inside: string, value: string): string => `var v = ${zero}; if (${inside}) { v = ${value}; }`
  const loadA = loads.map((e) => {
    const split =
      Math.abs(a.right) <= Math.abs(a.down)
        ? `let i = e / ${depth}u; let q = e % ${depth}u;`
        : `let i = e % ${tile}u; let q = e / ${tile}u;`
    const value = load(dtype, `a[${element(a, 'm0 + i', 'p + q')}]`)
    return `{ let e = ${e}; ${split} ${guarded(`m0 + i < ${m}u && p + q < ${k}u`, value)} sharedA[q * ${tile + 1}u + i] = v; }`
  })
  const loadB = loads.map((e) => {
    const split =
      Math.abs(b.right) <= Math.abs(b.down)
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
    ...each.flatMap((i) =>
      each.map(
        (j) =>
          `{ let i = m0 + local.y + ${16 * i}u; let j = n0 + local.x + ${16 * j}u; if (i < ${m}u && j < ${n}u) { out[(z * ${m}u + i) * ${n}u + j] = ${storeSum(dtype, `s${i}_${j}`)}; } }`,
      ),
    ),
  ]
  const code = moduleOf({
    inputs: [{ name: 'a', dtype }, { name: 'b', dtype }, ...(kept ? [keptFlags] : [])],
    outputs: [{ name: 'out', dtype }],
    declarations: [
      ...(kept ? [anyKept(kept)] : []),
      ...['sharedA', 'sharedB'].map((name) => `var<workgroup> ${name}: array<${type}, ${depth * (tile + 1)}>;`),
    ].join('\n'),
    workgroup: '16, 16',
    parameters: groupParameters,
    main: lines.join('\n'),
  })
  return { code, workgroups: fold(tiles) }
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`)
}
