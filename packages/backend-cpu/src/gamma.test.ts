import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { lgamma, polygamma } from './gamma.ts'

/** Relative error, or absolute where the truth is 0. */
const error = (actual: number, truth: number): number => Math.abs(actual - truth) / (Math.abs(truth) || 1)

const { POSITIVE_INFINITY: infinity, NaN: nan } = Number

// All truths are from a computation with 50 digits.

describe('lgamma', () => {
  it.each([
    [1e-10, 23.02585092988273523726579],
    [0.1, 2.252712651734205902006238],
    [0.5, 0.5723649429247000870717137],
    [0.75, 0.203280951431295371481433],
    [0.999999, 0.0000005772164873855652379393149],
    [1.000001, -0.0000005772148423874146650588064],
    [1.4, -0.1196129141723712931867485],
    [1.75, -0.08440112102048555595778603],
    [1.9999999, -4.227843030986129819449294e-8],
    [2.0000001, 4.227843666532497923203435e-8],
    [2.5, 0.2846828704729191596324947],
    [2.75, 0.4752146669149371303131025],
    [5.5, 3.957813967618716293877401],
    [9.75, 12.24220494005076255916659],
    [10, 12.80182748008146961120772],
    [25.5, 56.38916764371994674445244],
    [1000, 5905.220423209181211826077],
    [1e100, 2.292585092994045720635751e102],
  ])('of %d', (x, truth) => {
    expect(error(lgamma(x), truth)).toBeLessThan(6e-16)
  })

  // About the zeros between the poles the error is that of the numbers subtracted.
  it.each([
    [-1e-10, 23.0258509299981783702461],
    [-0.5, 1.265512123484645396488946],
    [-1.25, 1.366431761236976234549602],
    [-2.75, 0.004487897535955773311461611],
    [-3.9, -0.7094680089083923284719028],
    [-20.3, -41.88729248013524163687194],
  ])('of %d, by reflection', (x, truth) => {
    expect(Math.abs(lgamma(x) - truth)).toBeLessThan(2e-15)
  })

  test.prop([fc.double({ min: 1e-3, max: 150, noNaN: true })])('satisfies Γ(x + 1) = x Γ(x)', (x) => {
    const scale = Math.max(1, Math.abs(lgamma(x)))
    expect(Math.abs(lgamma(x + 1) - lgamma(x) - Math.log(x))).toBeLessThan(2e-15 * scale)
  })

  it('has its limits', () => {
    expect([lgamma(1), lgamma(2)]).toEqual([0, 0])
    expect([0, -0, -1, -7, infinity, -infinity].map(lgamma)).toEqual(Array(6).fill(infinity))
    expect(lgamma(nan)).toBeNaN()
  })
})

describe('polygamma', () => {
  it.each([
    [0, 1e-8, -100000000.5772156463599362],
    [0, 0.5, -1.963510026021423479440976],
    [0, 1, -0.5772156649015328606065121],
    [0, 1.4616, -0.00003110625123034164965756368],
    [0, 1.46164, 0.0000076010687838878764257859],
    [0, 2, 0.4227843350984671393934879],
    [0, 7.5, 1.946757484246086788069291],
    [0, 10, 2.251752589066721107647456],
    [0, 1e6, 13.81551005796419077077462],
    [0, -0.75, -2.894120200042932074756197],
    [0, -4.125, 9.117884295059553577865918],
    [1, 0.001, 1000001.64253319582734467],
    [1, 1, 1.644934066848226436472415],
    [1, 2.5, 0.4903577561002348649728011],
    [1, 40, 0.0253151038412910281575971],
    [1, 1e5, 0.00001000005000016666666666333],
    [1, -2.25, 19.37941051186913736259519],
    [2, 0.5, -16.82879664423431999559633],
    [2, 3.25, -0.1281569471391151207179397],
    [2, -1.625, -30.30402837413928739492588],
    [3, 1, 6.493939402266829149096022],
    [3, -0.875, 24590.3791541739368973948],
    [4, 6.5, -0.004525930280322060710349601],
    [10, 2.5, -156.2295965932329947593888],
    [20, 15.5, -0.0000003391135947176048000523674],
  ])('of order %d at %d', (n, x, truth) => {
    expect(error(polygamma(n, x), truth)).toBeLessThan(2e-15)
  })

  test.prop([fc.integer({ min: 0, max: 6 }), fc.double({ min: 0.01, max: 40, noNaN: true })])(
    'satisfies the recurrence in x',
    (n, x) => {
      let term = -1 / x
      for (let i = 1; i <= n; i++) term *= -i / x
      const scale = Math.max(1, Math.abs(term), Math.abs(polygamma(n, x)))
      expect(Math.abs(polygamma(n, x) - polygamma(n, x + 1) - term)).toBeLessThan(4e-15 * scale)
    },
  )

  it('has its limits', () => {
    expect([polygamma(0, 0), polygamma(0, -0), polygamma(0, -3)]).toEqual([-infinity, infinity, nan])
    expect([polygamma(1, 0), polygamma(1, -0), polygamma(1, -3)]).toEqual([infinity, infinity, infinity])
    expect([polygamma(2, 0), polygamma(2, -0), polygamma(2, -3)]).toEqual([-infinity, infinity, nan])
    expect([polygamma(0, infinity), polygamma(1, infinity), polygamma(2, infinity) + 0]).toEqual([infinity, 0, 0])
    expect([0, 1, 2].map((n) => polygamma(n, nan))).toEqual([nan, nan, nan])
  })
})
