import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { heatMap, levelOf } from './heatMap.ts'
import { heatMapSvg, heatMapText, type JacobianComparison, type JacobianPart } from './index.ts'

const sizeOf = (parts: readonly JacobianPart[]): number =>
  parts.reduce((total, { shape }) => total + shape.reduce((a, b) => a * b, 1), 0)

/** A comparison whose entries are all 2 and 1, with given differences. */
function comparison(
  outputs: readonly JacobianPart[],
  inputs: readonly JacobianPart[],
  differenceAt: (row: number, column: number) => number,
): JacobianComparison {
  const fill = (of: (row: number, column: number) => number): number[][] =>
    Array.from({ length: sizeOf(outputs) }, (_, i) => Array.from({ length: sizeOf(inputs) }, (_, j) => of(i, j)))
  return { outputs, inputs, analytic: fill(() => 2), numeric: fill(() => 1), difference: fill(differenceAt) }
}

const parts = (prefix: string): fc.Arbitrary<JacobianPart[]> =>
  fc
    .array(fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 2 }), { minLength: 1, maxLength: 6 })
    .map((shapes) => shapes.map((shape, i) => ({ name: `${prefix}${i}`, shape })))

const drawn = fc.tuple(parts('output'), parts('argument '), fc.nat()).map(([outputs, inputs, seed]) => {
  // Scattered, and different for each entry.
  const at = (i: number, j: number): number => 10 ** (((seed % 997) * (i * 31 + j * 17) * 0.37) % 9) + i + j / 100
  return comparison(outputs, inputs, at)
})

const limits = fc.record({ maxRows: fc.integer({ min: 1, max: 12 }), maxColumns: fc.integer({ min: 1, max: 12 }) })

describe('the blocks of a heat map', () => {
  test.prop([drawn, limits])('fit, lie inside one tensor each, and cover all that is shown', (jacobian, limit) => {
    const map = heatMap(jacobian, limit)
    expect(map.cells.length).toBeLessThanOrEqual(limit.maxRows)
    for (const row of map.cells) expect(row.length).toBeLessThanOrEqual(limit.maxColumns)
    const sides = [
      [map.rows, jacobian.outputs],
      [map.columns, jacobian.inputs],
    ] as const
    for (const [bands, all] of sides)
      for (const { part, bounds } of bands) {
        const before = all.slice(0, all.indexOf(part))
        expect([bounds[0], bounds.at(-1)]).toEqual([sizeOf(before), sizeOf(before) + sizeOf([part])])
        bounds.slice(1).forEach((end, i) => {
          expect(end).toBeGreaterThan(bounds[i] as number)
        })
      }
  })

  test.prop([drawn, limits])('show the worst entry of all, and the worst of each block', (jacobian, limit) => {
    const map = heatMap(jacobian, limit)
    for (const { row, column, difference } of map.cells.flat()) {
      expect(difference).toBe(jacobian.difference[row]?.[column])
    }
    const worst = Math.max(-1, ...jacobian.difference.flat())
    expect(Math.max(-1, ...map.cells.flat().map(({ difference }) => difference))).toBe(worst)
  })

  test.prop([drawn])('are single entries where there is room', (jacobian) => {
    const { cells, leftOut } = heatMap(jacobian, { maxRows: 1000, maxColumns: 1000 })
    expect(cells.map((row) => row.map(({ difference }) => difference))).toEqual(
      jacobian.inputs.length > 0 ? jacobian.difference : [],
    )
    expect(leftOut).toBe(0)
  })
})

describe('levelOf', () => {
  it('goes by powers of ten, from accepted to not finite', () => {
    const sizes = [0, 1, 1.1, 10, 11, 1e3, 1001, 1e6, 2e6, 1e300, Number.POSITIVE_INFINITY]
    expect(sizes.map(levelOf)).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5])
  })
})

describe('heatMapText', () => {
  const outputs = [
    { name: 'output.a', shape: [2] },
    { name: 'output.b', shape: [] },
  ]
  const inputs = [
    { name: 'argument 0.w', shape: [2, 2] },
    { name: 'argument 1', shape: [] },
    { name: 'argument 2', shape: [2] },
  ]

  it('has a character for each entry, names for rows and columns, and a legend', () => {
    const levels = [0.5, 5, 500, 5e4, 5e8, Number.POSITIVE_INFINITY, 0]
    const jacobian = comparison(outputs, inputs, (i, j) => levels[(i + j) % 7] as number)
    expect(heatMapText(jacobian).split('\n')).toEqual([
      '              a    b c',
      'output.a [0] │·░▒▓│█│×·│',
      'output.a [1] │░▒▓█│×│··│',
      '             │─────────│',
      'output.b     │▒▓█×│·│·░│',
      'columns: a argument 0.w [2, 2], b argument 1 [], c argument 2 [2]',
      '· accepted  ░ to 10  ▒ to 1000  ▓ to 10⁶  █ above  × not finite',
    ])
  })

  it('draws a large Jacobian in blocks by their worst entry, and says so', () => {
    const jacobian = comparison([{ name: 'output', shape: [4] }], [{ name: 'argument 0', shape: [3, 3] }], (i, j) =>
      i === 3 && j === 7 ? 1e5 : 0,
    )
    expect(heatMapText(jacobian, { maxRows: 2, maxColumns: 5 }).split('\n')).toEqual([
      '            a',
      'output [0] │·····│',
      'output [2] │···▓·│',
      'columns: a argument 0 [3, 3]',
      'a character for 2 × 2 entries, by the worst',
      '· accepted  ░ to 10  ▒ to 1000  ▓ to 10⁶  █ above  × not finite',
    ])
  })

  it('leaves out the tensors that differ least where not even one character each fits', () => {
    const jacobian = comparison([{ name: 'output', shape: [] }], inputs, (_, j) => (j === 4 ? 0 : 10 * j + 2))
    const text = heatMapText(jacobian, { maxColumns: 2 })
    expect(text).toContain('columns: a argument 0.w [2, 2], b argument 2 [2]; left out, as they differ less: 1')
  })
})

describe('heatMapSvg', () => {
  const strange = comparison(
    [{ name: 'output."<b>&', shape: [3] }],
    [{ name: 'argument 0', shape: [2] }],
    (i, j) => [0, 2, Number.POSITIVE_INFINITY][(i + j) % 3] as number,
  )

  /** Names of the elements of a document; throws where it is not well formed. */
  function elements(svg: string): string[] {
    const open: string[] = []
    const seen: string[] = []
    for (const [, close, name, self] of svg.matchAll(
      /<(\/?)(\w+)(?:\s[\w:-]+="[^"<&]*(?:&\w+;[^"<&]*)*")*\s*(\/?)>/g,
    )) {
      if (close) expect(open.pop()).toBe(name)
      else {
        seen.push(name as string)
        if (!self) open.push(name as string)
      }
    }
    expect(open).toEqual([])
    expect(svg.replace(/<[^<>]*>/g, '')).not.toMatch(/[<>"]|&(?!\w+;)/)
    return seen
  }

  test.prop([drawn, limits])('is a well-formed document with a titled cell for each block', (jacobian, limit) => {
    const { cells } = heatMap(jacobian, limit)
    const names = elements(heatMapSvg(jacobian, limit))
    expect(names[0]).toBe('svg')
    expect(names.filter((name) => name === 'g').length).toBe(cells.flat().length)
    expect(names.filter((name) => name === 'title').length).toBe(cells.flat().length + 1)
  })

  it('says output, input, both values and the difference in each title, and escapes names', () => {
    const svg = heatMapSvg(strange, { title: 'f & g' })
    elements(svg)
    expect(svg).toContain('<title id="title">f &amp; g</title>')
    expect(svg).toContain(
      '<title>output.&quot;&lt;b&gt;&amp; [1] by argument 0 [0]: 2 by the gradient, 1 by differences, 2 times what is accepted</title>',
    )
    expect(svg).toContain('4 of 6 entries differ by more than is accepted')
  })

  it('says where a cell stands for more than one entry', () => {
    const svg = heatMapSvg(strange, { maxRows: 2 })
    expect(svg).toContain('a cell for 2 × 1 entries, by the worst')
    expect(svg).toContain('<title>worst here: output')
  })

  it('crosses out what is not finite', () => {
    expect(heatMapSvg(strange).split('stroke="#ffffff"').length - 1).toBe(2 + 1)
  })
})
