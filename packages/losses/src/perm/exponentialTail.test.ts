import { key, max, relu, sigmoid, softplus, sum, type Tensor, useBackend, ValueError } from '@wengert/core'
import { oracle } from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { exponentialTail } from './exponentialTail.ts'
import { gammaPhi } from './gammaPhi.ts'
import { type PermTemplate, permTemplates } from './templates.ts'

const total =
  (phi: (u: Tensor) => Tensor): PermTemplate =>
  (u) =>
    sum(phi(u), { axis: -1 })

beforeAll(() => useBackend(oracle()))

describe('exponentialTail', () => {
  it.each<[string, PermTemplate, number]>([
    ['multinomialCrossEntropy', permTemplates.multinomialCrossEntropy, 1],
    ['multiclassExponential', permTemplates.multiclassExponential, 1],
    ['pairLog', permTemplates.pairLog, 1],
    // −∂ψ = e^(−uᵢ) (1 + Σ e^(−u))^(−τ) for all τ.
    ['ratio of exp', gammaPhi({ gamma: 'ratio', phi: 'exp' }), 1],
    ['sqrt1p of exp', gammaPhi({ gamma: 'sqrt1p', phi: 'exp' }), 0.5],
    ['sigmoid', gammaPhi({ phi: 'sigmoid' }), 1],
    ['three times pairLog', (u) => permTemplates.pairLog(u).mul(3), 3],
  ])('finds the factor of %s', async (_, template, c) => {
    for (const classes of [2, 3, 10]) {
      const tail = await exponentialTail(template, { classes })
      expect(tail.holds).toBe(true)
      expect(tail.c).toBeCloseTo(c, 6)
      expect(tail.excess).toBeLessThan(1e-9)
      expect(tail.margins).toHaveLength(classes - 1)
    }
  })

  it.each<[string, PermTemplate]>([
    ['westonWatkins, whose tail is 0', permTemplates.westonWatkins],
    ['crammerSinger', permTemplates.crammerSinger],
    ['squaredHinge', permTemplates.squaredHinge],
    ['sparsemax', permTemplates.sparsemax],
    ['e^(−2u), too thin', total((u) => u.mul(-2).exp())],
    ['e^(−u/2), too thick', total((u) => u.mul(-0.5).exp())],
    ['1 / (1 + u²), far too thick', total((u) => u.square().add(1).pow(-1))],
    ['(1 + 1/u) e^(−u), which closes too slowly', total((u) => u.neg().exp().mul(u.pow(-1).add(1)))],
    ['the worst margin alone', (u) => max(softplus(u.neg()), { axis: -1 })],
    [
      'margins of unequal weight',
      (u) =>
        sum(u.neg().exp(), { axis: -1 }).add(
          u
            .slice([0, 0], [u.shape[0] as number, 1])
            .neg()
            .exp()
            .squeeze(-1),
        ),
    ],
    ['what grows', total((u) => u.neg().exp().neg())],
    ['what is not a number', total((u) => relu(u.neg()).log())],
  ])('finds that %s has none', async (_, template) => {
    const { holds, excess } = await exponentialTail(template)
    expect(holds).toBe(false)
    expect(excess).toBeGreaterThan(1e-3)
  })

  it('finds a slow tail with other options', async () => {
    // −∂ψ = e^(−uᵢ) (1 + e^(−uᵢ/5)): the bounds close no faster than e^(−u/5).
    const slow = total((u) => u.neg().exp().add(u.mul(-1.2).exp().div(1.2)))
    expect((await exponentialTail(slow)).holds).toBe(false)
    expect((await exponentialTail(slow, { rate: 0.19, to: 60 })).holds).toBe(true)
  })

  it('tries the same margins for the same key', async () => {
    const template = total((u) => sigmoid(u.neg()).square())
    const first = await exponentialTail(template, { key: key(3) })
    expect(await exponentialTail(template, { key: key(3) })).toEqual(first)
    expect((await exponentialTail(template, { key: key(4) })).c).not.toBe(first.c)
  })

  it.each([
    [{ classes: 1 }, 'exponentialTail: classes must be an integer of at least 2, got 1.'],
    [{ rate: 0 }, 'exponentialTail: rate must be a finite number greater than 0, got 0.'],
    [{ from: 8, to: 8 }, 'exponentialTail: to must be a finite number greater than from = 8, got 8.'],
    [{ draws: 1 }, 'exponentialTail: draws must be an integer of at least 2, got 1.'],
  ])('refuses %o', async (options, message) => {
    await expect(exponentialTail(permTemplates.pairLog, options)).rejects.toThrow(new ValueError(message))
  })
})
