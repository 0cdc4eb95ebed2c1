import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { eigh, key, matmul, normal, type Tensor, tensor, useBackend } from '@wengert/core'
import {
  away,
  type descend,
  describeErrors,
  describeOptimizer,
  numbers,
  type OptimizerRun,
  type Reference,
} from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { adafactor, adam, lamb, type MuonOptions, muon } from './index.ts'

beforeAll(() => useBackend(cpu()))

type Numbers = readonly number[]

const rates = fc.double({ min: 1e-4, max: 0.1, noNaN: true })
const shares = fc.integer({ min: 0, max: 999 }).map((thousandths) => thousandths / 1000)
const maybe = fc.oneof(fc.constant(0), rates)

const length = (x: Numbers): number => Math.sqrt(x.reduce((total, v) => total + v * v, 0))
const sumOf = (x: Numbers): number => x.reduce((total, v) => total + v, 0)
const at = (x: Numbers, i: number): number => x[i] as number

const lambReference =
  (lr: number, beta1: number, beta2: number, eps: number, decay: number): Reference =>
  (shape) => {
    const size = shape.reduce((a, b) => a * b, 1)
    let [m, v] = [Array<number>(size).fill(0), Array<number>(size).fill(0)]
    return (p, g, t) => {
      m = m.map((m, i) => beta1 * m + (1 - beta1) * at(g, i))
      v = v.map((v, i) => beta2 * v + (1 - beta2) * at(g, i) ** 2)
      const r = m.map(
        (m, i) => m / (1 - beta1 ** t) / (Math.sqrt(at(v, i) / (1 - beta2 ** t)) + eps) + decay * at(p, i),
      )
      const [own, whole] = [length(p), length(r)]
      const ratio = own > 0 && whole > 0 ? own / whole : 1
      return p.map((p, i) => p - lr * ratio * at(r, i))
    }
  }

/** The paper's algorithms 4 and 5, with its sums. */
const adafactorReference =
  (rate: (t: number) => number, decay: number, clip: number, scaled: boolean): Reference =>
  (shape) => {
    const [rows = 1, columns = 1] = shape.slice(-2)
    const count = shape.slice(0, -2).reduce((a, b) => a * b, 1)
    const size = shape.reduce((a, b) => a * b, 1)
    const isMatrix = shape.length >= 2
    let R = Array<number>(count * rows).fill(0)
    let C = Array<number>(count * columns).fill(0)
    let V = Array<number>(size).fill(0)
    const rms = (x: Numbers): number => length(x) / Math.sqrt(x.length)
    return (p, g, t) => {
      const beta = 1 - t ** -decay
      const squares = g.map((g) => g * g + 1e-30)
      const u = g.map(() => 0)
      if (isMatrix) {
        R = R.map((r, k) => beta * r + (1 - beta) * sumOf(squares.slice(k * columns, (k + 1) * columns)))
        C = C.map((c, k) => {
          const [batch, column] = [Math.floor(k / columns), k % columns]
          const own = squares.filter((_, i) => Math.floor(i / (rows * columns)) === batch && i % columns === column)
          return beta * c + (1 - beta) * sumOf(own)
        })
        g.forEach((g, i) => {
          const batch = Math.floor(i / (rows * columns))
          const total = sumOf(R.slice(batch * rows, (batch + 1) * rows))
          const factored = (at(R, Math.floor(i / columns)) / total) * at(C, batch * columns + (i % columns))
          u[i] = g / Math.sqrt(factored)
        })
      } else {
        V = V.map((v, i) => beta * v + (1 - beta) * at(squares, i))
        g.forEach((g, i) => {
          u[i] = g / Math.sqrt(at(V, i))
        })
      }
      const damp = Math.max(1, rms(u) / clip)
      const alpha = rate(t) * (scaled ? Math.max(1e-3, rms(p)) : 1)
      return p.map((p, i) => p - (alpha * at(u, i)) / damp)
    }
  }

const product = (a: Numbers[], b: Numbers[]): number[][] =>
  a.map((row) => (b[0] as Numbers).map((_, j) => sumOf(row.map((v, k) => v * at(b[k] as Numbers, j)))))
const transposed = (a: Numbers[]): number[][] => (a[0] as Numbers).map((_, j) => a.map((row) => at(row, j)))

const muonReference =
  ({
    lr = 0.02,
    momentum = 0.95,
    nesterov = true,
    weightDecay = 0,
    scale = 'spectral',
    steps = 5,
  }: MuonOptions): Reference =>
  (shape) => {
    const [rows, columns] = shape as [number, number]
    let mean = Array<number>(rows * columns).fill(0)
    return (p, g) => {
      mean = mean.map((m, i) => momentum * m + (1 - momentum) * at(g, i))
      const d = nesterov ? mean.map((m, i) => momentum * m + (1 - momentum) * at(g, i)) : mean
      const norm = length(d) + 1e-7
      let x: number[][] = Array.from({ length: rows }, (_, i) =>
        Array.from({ length: columns }, (_, j) => at(d, i * columns + j) / norm),
      )
      for (let i = 0; i < steps; i++) {
        const gram = product(x, transposed(x))
        const [one, two] = [product(gram, x), product(product(gram, gram), x)]
        x = x.map((row, i) =>
          row.map((v, j) => 3.4445 * v - 4.775 * at(one[i] as Numbers, j) + 2.0315 * at(two[i] as Numbers, j)),
        )
      }
      const size = scale === 'rms' ? 0.2 * Math.sqrt(Math.max(rows, columns)) : Math.sqrt(Math.max(1, rows / columns))
      const o = x.flat()
      return p.map((p, i) => p - (lr as number) * (size * at(o, i) + weightDecay * p))
    }
  }

const matrices = [
  [2, 3],
  [3, 2],
  [2, 2],
]
const anything = [[2, 3], [2, 2, 2], [3], []]

const rows: Record<string, [fc.Arbitrary<OptimizerRun>, readonly Numbers[]]> = {
  lamb: [
    fc
      .record({ lr: rates, beta1: shares, beta2: shares, weightDecay: maybe })
      .map(({ lr, beta1, beta2, weightDecay }) => ({
        transform: lamb({ lr, beta1, beta2, weightDecay, eps: 1e-3 }),
        reference: lambReference(lr, beta1, beta2, 1e-3, weightDecay),
      })),
    anything,
  ],
  'lamb with defaults': [
    fc.constant({ transform: lamb(), reference: lambReference(1e-3, 0.9, 0.999, 1e-6, 0) }),
    anything,
  ],
  adafactor: [
    fc
      .record({
        lr: rates,
        decay: fc.double({ min: 0.1, max: 2, noNaN: true }),
        clip: fc.double({ min: 0.1, max: 3, noNaN: true }),
        scaleByParameter: fc.boolean(),
      })
      .map((options) => ({
        transform: adafactor(options),
        reference: adafactorReference(() => options.lr, options.decay, options.clip, options.scaleByParameter),
      })),
    anything,
  ],
  'adafactor with defaults': [
    fc.constant({
      transform: adafactor(),
      reference: adafactorReference((t) => Math.min(1e-2, 1 / Math.sqrt(t)), 0.8, 1, true),
    }),
    anything,
  ],
  muon: [
    fc
      .record({
        lr: rates,
        momentum: shares,
        nesterov: fc.boolean(),
        weightDecay: maybe,
        scale: fc.constantFrom('rms' as const, 'spectral' as const),
        steps: fc.integer({ min: 1, max: 5 }),
      })
      .map((options) => ({ transform: muon(options), reference: muonReference(options) })),
    matrices,
  ],
  'muon with defaults': [fc.constant({ transform: muon(), reference: muonReference({}) }), matrices],
}
for (const [name, [options, shapes]] of Object.entries(rows)) describeOptimizer(name, options, { shapes, share: 0.1 })

const f64 = { dtype: 'f64' } as const
const seeds = fc.nat(1e6)
const draw = (seed: number, shape: Numbers): Tensor => normal(key(seed), shape, f64)
/** What a transform adds to parameters in its first step. */
const firstStep = (transform: Parameters<typeof descend>[0], g: Tensor, p: Tensor): Tensor =>
  transform.update(g, transform.init(p), p)[0]

describe('muon', () => {
  const shapes = fc.constantFrom([4, 4], [3, 5], [6, 2])
  const converging = {
    coefficients: [15 / 8, -5 / 4, 3 / 8],
    steps: 40,
    momentum: 0,
    lr: 1,
    scale: 'spectral',
  } as const
  const gramOf = (x: Tensor): Tensor =>
    (x.shape[0] as number) > (x.shape[1] as number) ? matmul(x.transpose(), x) : matmul(x, x.transpose())

  test.prop([seeds, shapes], { numRuns: 10 })(
    'with a polynomial that converges, updates are orthogonal',
    (seed, shape) => {
      const g = draw(seed, shape)
      const size = Math.sqrt(Math.max(1, at(shape, 0) / at(shape, 1)))
      const o = firstStep(muon(converging), g, g).div(-size)
      const n = Math.min(...shape)
      const identity = Array.from({ length: n * n }, (_, i) => Number(i % (n + 1) === 0))
      expect(away(numbers(gramOf(o)), identity)).toBeLessThan(1e-9)
      // U Vᵀ times V Σ Uᵀ is symmetric with eigenvalues Σ: it is the orthogonal factor of g, and no other.
      const polar = numbers(matmul(o, g.transpose()))
      expect(away(polar, numbers(matmul(g, o.transpose())))).toBeLessThan(1e-9)
      expect(Math.min(...numbers(eigh(matmul(o, g.transpose())).values))).toBeGreaterThan(-1e-9)
    },
  )

  test.prop([seeds], { numRuns: 10 })('with its own, singular values are between 0.65 and 1.25', (seed) => {
    // Orthogonal factors with given singular values between them, of which the least is a hundredth of the norm.
    const [u, v] = [0, 1].map((i) => firstStep(muon(converging), draw(seed + i, [4, 4]), draw(0, [4, 4])).neg())
    const sigma = tensor([3, 1, 0.3, 0.04], f64)
    const g = matmul((u as Tensor).mul(sigma), v as Tensor)
    const found = numbers(eigh(gramOf(firstStep(muon({ lr: 1 }), g, g))).values).map(Math.sqrt)
    expect(Math.min(...found)).toBeGreaterThan(0.65)
    expect(Math.max(...found)).toBeLessThan(1.25)
  })

  test.prop([seeds, fc.constantFrom(1e-3, 7, 1e4)], { numRuns: 10 })(
    'does not see the scale of gradients',
    (seed, scale) => {
      const g = draw(seed, [3, 4])
      const step = (g: Tensor) => numbers(firstStep(muon({ eps: 1e-100 }), g, g))
      expect(away(step(g.mul(scale)), step(g))).toBeLessThan(1e-11)
    },
  )

  test.prop([seeds], { numRuns: 10 })('turns with the gradient: rows and columns in other bases', (seed) => {
    const [g, p] = [draw(seed, [3, 4]), draw(0, [3, 4])]
    const q = firstStep(muon(converging), draw(seed + 1, [3, 3]), draw(0, [3, 3]))
    const turned = firstStep(muon(), matmul(q, g), p)
    expect(away(numbers(turned), numbers(matmul(q, firstStep(muon(), g, p))))).toBeLessThan(1e-9)
  })

  it('a gradient of 0 moves nothing', () => {
    const p = draw(0, [3, 2])
    expect(numbers(firstStep(muon(), p.mul(0), p)).map(Math.abs)).toEqual(Array(6).fill(0))
  })
})

describe('lamb', () => {
  test.prop([seeds, fc.constantFrom([4], [2, 3])], { numRuns: 10 })(
    'steps are lr ‖p‖ long, along those of adam',
    (seed, shape) => {
      const [g, p] = [draw(seed, shape), draw(seed + 1, shape)]
      const step = numbers(firstStep(lamb({ lr: 0.1, eps: 1e-8 }), g, p))
      expect(length(step)).toBeCloseTo(0.1 * length(numbers(p)), 12)
      const along = numbers(firstStep(adam({ lr: 1 }), g, p))
      expect(
        away(
          step,
          along.map((v) => (v * length(step)) / length(along)),
        ),
      ).toBeLessThan(1e-12)
    },
  )

  test.prop([seeds], { numRuns: 10 })('scales with parameters and not with gradients', (seed) => {
    const [g, p] = [draw(seed, [2, 3]), draw(seed + 1, [2, 3])]
    const step = (g: Tensor, p: Tensor) => numbers(firstStep(lamb({ eps: 1e-100 }), g, p))
    expect(
      away(
        step(g.mul(100), p.mul(3)),
        step(g, p).map((v) => 3 * v),
      ),
    ).toBeLessThan(1e-12)
  })

  it('steps as adam does from parameters of 0, and not at all without a gradient', () => {
    const [g, zero] = [draw(1, [2, 3]), draw(1, [2, 3]).mul(0)]
    expect(away(numbers(firstStep(lamb({ eps: 1e-8 }), g, zero)), numbers(firstStep(adam(), g, zero)))).toBeLessThan(
      1e-15,
    )
    expect(numbers(firstStep(lamb(), zero, g)).map(Math.abs)).toEqual(Array(6).fill(0))
  })
})

describe('adafactor', () => {
  test.prop([seeds, fc.constantFrom(1e-3, 50)], { numRuns: 10 })(
    'does not see the scale of gradients',
    (seed, scale) => {
      const [g, p] = [draw(seed, [3, 4]), draw(seed + 1, [3, 4])]
      const step = (g: Tensor) => numbers(firstStep(adafactor(), g, p))
      expect(away(step(g.mul(scale)), step(g))).toBeLessThan(1e-12)
    },
  )

  test.prop([seeds], { numRuns: 10 })('divides squares of rank 1 by themselves: its first step is by signs', (seed) => {
    const g = matmul(draw(seed, [3, 1]), draw(seed + 1, [1, 4]))
    const step = numbers(firstStep(adafactor({ lr: 1, scaleByParameter: false }), g, g))
    expect(
      away(
        step,
        numbers(g).map((v) => -Math.sign(v)),
      ),
    ).toBeLessThan(1e-10)
  })

  test.prop([seeds], { numRuns: 10 })(
    'treats a stack as its matrices, but for what is measured over the whole',
    (seed) => {
      const g = draw(seed, [2, 3, 4])
      const loose = adafactor({ lr: 1, scaleByParameter: false, clip: 1e6 })
      const alone = [0, 1].flatMap((i) => {
        const one = g.slice([i, 0, 0], [i + 1, 3, 4]).reshape([3, 4])
        return numbers(firstStep(loose, one, one))
      })
      expect(away(numbers(firstStep(loose, g, g)), alone)).toBeLessThan(1e-12)
    },
  )

  it('keeps a row and a column of a matrix', () => {
    const { rows, columns } = adafactor().init({ w: draw(0, [3, 4]), b: draw(0, [5]), e: draw(0, [2, 0]) }) as {
      rows: Record<string, Tensor>
      columns: Record<string, Tensor>
    }
    expect(Object.values(rows).map(({ shape }) => shape)).toEqual([[3], [5], [2, 0]])
    expect(Object.values(columns).map(({ shape }) => shape)).toEqual([[4], [0], [0]])
  })

  it('takes parameters without numbers', () => {
    const empty = draw(0, [2, 0])
    expect(firstStep(adafactor(), empty, empty).shape).toEqual([2, 0])
    expect(firstStep(lamb(), empty, empty).shape).toEqual([2, 0])
  })
})

describeErrors('options', {
  'lamb: beta1 must be at least 0 and less than 1, got 1.': () => lamb({ beta1: 1 }),
  'lamb: beta2 must be at least 0 and less than 1, got 1.': () => lamb({ beta2: 1 }),
  'lamb: eps must be positive and finite, got 0.': () => lamb({ eps: 0 }),
  'lamb: lr must be positive and finite, got 0.': () => lamb({ lr: 0 }),
  'lamb: weightDecay must be finite and at least 0, got -1.': () => lamb({ weightDecay: -1 }),
  'adafactor: lr must be positive and finite, got 0.': () => adafactor({ lr: 0 }),
  'adafactor: decay must be positive and finite, got 0.': () => adafactor({ decay: 0 }),
  'adafactor: clip must be positive and finite, got -1.': () => adafactor({ clip: -1 }),
  'adafactor: eps must be positive and finite, got 0.': () => adafactor({ eps: 0 }),
  'adafactor: leastScale must be positive and finite, got 0.': () => adafactor({ leastScale: 0 }),
  'muon: lr must be positive and finite, got 0.': () => muon({ lr: 0 }),
  'muon: momentum must be at least 0 and less than 1, got 1.': () => muon({ momentum: 1 }),
  'muon: steps must be an integer of at least 1, got 0.': () => muon({ steps: 0 }),
  'muon: weightDecay must be finite and at least 0, got -2.': () => muon({ weightDecay: -2 }),
  'muon: eps must be positive and finite, got 0.': () => muon({ eps: 0 }),
  'muon: scale must be one of spectral, rms, got adam.': () => muon({ scale: 'adam' as 'rms' }),
  'muon: params must be matrices, got [2] at tree.b. Give other parameters to another optimizer, with groups.': () =>
    muon().init({ w: draw(0, [2, 2]), b: draw(0, [2]) }),
})
