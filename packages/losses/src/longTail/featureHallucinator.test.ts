import { fc, test } from '@fast-check/vitest'
import { key, mean, type Tensor, take, tensor, variance, zeros } from '@wengert/core'
import { laws, tensors } from '@wengert/gradcheck'
import { describeErrors, expectClose, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { featureHallucinator } from './featureHallucinator.ts'

const i32 = (...data: number[]): Tensor => tensor(data, { dtype: 'i32' })
const history = { confusionSum: zeros([2, 2]), classCount: zeros([2]) }
const { init, update, draw } = featureHallucinator({ classes: 2, features: 3 })
const start = init({ dtype: 'f64' })
const features = fc.integer({ min: 2, max: 5 }).chain((B) => tensors([B, 3]))
const same = (x: Tensor, label: number): Tensor => i32(...Array.from({ length: x.shape[0] as number }, () => label))

describe('featureHallucinator', () => {
  test.prop([features])('begins with mean and unbiased variance of the first batch of a class', (x) => {
    const B = x.shape[0] as number
    const next = update(start, x, same(x, 1))
    expectClose(take(next.mean, i32(1)).squeeze(0), mean(x, { axis: 0 }))
    expectClose(take(next.variance, i32(1)).squeeze(0), variance(x, { axis: 0 }).mul(B / (B - 1)))
    expect(values(next.met)).toEqual([0, 1])
  })

  test.prop([features, features])('then mixes a share of each batch in', (a, b) => {
    const [first, second] = [a, b].map((x) => update(start, x, same(x, 0))) as [typeof start, typeof start]
    const next = update(first, b, same(b, 0))
    expectClose(next.mean, first.mean.mul(0.9).add(second.mean.mul(0.1)))
    expectClose(next.variance, first.variance.mul(0.9).add(second.variance.mul(0.1)))
  })

  test.prop([features])('leaves the other classes and the background alone', (x) => {
    const before = update(start, x, same(x, 0))
    const after = update(update(before, x.add(1), same(x, 1)), x.mul(5), same(x, 2))
    for (const name of ['mean', 'variance'] as const)
      expectClose(take(after[name], i32(0)), take(before[name], i32(0)), 0)
    expectClose(update(before, x, same(x, 2)).mean, before.mean, 0)
  })

  test.prop([features])('does not depend on the order of a batch', (x) => {
    const labels = i32(...Array.from({ length: x.shape[0] as number }, (_, i) => i % 2))
    laws.permutationInvariant((z: Tensor, y: Tensor) => update(start, z, y))(x, labels)
  })

  it('takes a single example to have variance 0', () => {
    expect(values(update(start, tensor([[1, 2, 3]], { dtype: 'f64' }), i32(0)).variance)).toEqual([0, 0, 0, 0, 0, 0])
  })

  it('draws features with the mean and the variance of their class', () => {
    const many = featureHallucinator({ classes: 2, features: 1, sampledClasses: 1, samplesPerClass: 20000 })
    const statistics = { mean: tensor([[5], [-3]]), variance: tensor([[1], [4]]), met: tensor([0, 1]) }
    const drawn = many.draw(key(1), statistics, history)
    expect(new Set(values(drawn.labels))).toEqual(new Set([1]))
    expect(values(mean(drawn.features))[0]).toBeCloseTo(-3, 1)
    expect(Math.abs((values(variance(drawn.features))[0] as number) - 4)).toBeLessThan(0.15)
  })

  it('draws classes by how often they are wrong, and none that was never met', () => {
    const many = featureHallucinator({ classes: 3, features: 1, sampledClasses: 8000, samplesPerClass: 1 })
    const statistics = { mean: zeros([3, 1]), variance: zeros([3, 1]), met: tensor([1, 1, 0]) }
    const record = {
      confusionSum: tensor([
        [9, 1, 0],
        [5, 4, 1],
        [0, 0, 0],
      ]),
      classCount: tensor([10, 10, 0]),
    }
    const drawn = values(many.draw(key(2), statistics, record).labels)
    const share = (k: number): number => drawn.filter((label) => label === k).length / drawn.length
    // 1 − 0.9 against 1 − 0.4.
    expect(Math.abs(share(0) - 1 / 7)).toBeLessThan(0.02)
    expect(share(2)).toBe(0)
  })

  it('draws in the documented shapes, the same for the same key', () => {
    const statistics = update(
      init(),
      tensor([
        [1, 2, 3],
        [2, 2, 2],
      ]),
      i32(0, 0),
    )
    const [a, b] = [0, 0].map(() => draw(key(5), statistics, history))
    expect(a?.features.shape).toEqual([96, 3])
    expect(a?.labels.shape).toEqual([96])
    expect(values(a?.features as Tensor)).toEqual(values(b?.features as Tensor))
  })

  it('stays finite where classes are always right, and before any was met', () => {
    const right = {
      confusionSum: tensor([
        [2, 0],
        [0, 2],
      ]),
      classCount: tensor([2, 2]),
    }
    const statistics = update(init(), tensor([[1, 2, 3]]), i32(1))
    expect(new Set(values(draw(key(0), statistics, right).labels))).toEqual(new Set([1]))
    expect(values(draw(key(0), init(), history).features).every((x) => x === 0)).toBe(true)
  })
})

describeErrors('featureHallucinator', {
  'featureHallucinator: decay must be from 0 to 1, got 2.': () =>
    featureHallucinator({ classes: 1, features: 1, decay: 2 }),
  'featureHallucinator: classes must be an integer of at least 1, got 0.': () =>
    featureHallucinator({ classes: 0, features: 1 }),
  "featureHallucinator.update: features must be f32 or f64, got i32 [1, 3]. Cast it, e.g. features.cast('f32').": () =>
    update(start, zeros([1, 3], { dtype: 'i32' }), i32(0)),
})
