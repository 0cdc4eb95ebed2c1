import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { customVjp, logSumExp, relu, softmax, sum, type Tensor, tensor, useBackend, where } from '@wengert/core'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  CounterexampleError,
  checkGradients,
  checkGradientsForAll,
  type ForAllOptions,
  GradientCheckError,
  logits,
  shapes,
  tensors,
} from './index.ts'

beforeAll(() => useBackend(cpu()))

const anything = fc.tuple(shapes().chain((shape) => tensors(shape)))
const three = fc.tuple(tensors([3]))

/** x² with a derivative multiplied by what a function says. */
const squareTimes = (factor: (x: Tensor) => Tensor | number) =>
  customVjp(
    (x: Tensor) => x.square(),
    (g, _, x) => [g.mul(x).mul(2).mul(factor(x))],
  )

const tripled = squareTimes(() => 1.5)

function searched<A extends readonly unknown[]>(
  f: (...args: A) => unknown,
  args: fc.Arbitrary<A>,
  options: ForAllOptions<A>,
): CounterexampleError {
  try {
    checkGradientsForAll(f, args, options)
  } catch (error) {
    if (error instanceof CounterexampleError) return error
    throw error
  }
  throw new Error('the search has found nothing')
}

describe('checkGradientsForAll', () => {
  it('passes right derivatives and says what it did', () => {
    const report = checkGradientsForAll((x: Tensor) => logSumExp(x), anything, { runs: 30, seed: 1 })
    expect(report).toMatchObject({ runs: 30, skipped: 0, kinks: 0, seed: 1 })
    expect(report.checks).toBeGreaterThan(2 * 30)
    expect(report.worst).toBeGreaterThan(0)
    expect(report.worst).toBeLessThanOrEqual(1)
    expect(report.checksPerSecond).toBeGreaterThan(0)
    const again = { seed: 1, path: report.worstPath }
    expect(checkGradientsForAll((x: Tensor) => logSumExp(x), anything, again)).toMatchObject({
      runs: 1,
      worst: report.worst,
      worstPath: report.worstPath,
    })
  })

  it('draws the same by the same seed, and other arguments without one', () => {
    const drawn = (options: ForAllOptions<[Tensor]>): string => {
      const seen: number[] = []
      const f = (x: Tensor): Tensor => x
      const watched = three.map((args) => {
        seen.push(...args[0].dataSync())
        return args
      })
      checkGradientsForAll(f, watched, { runs: 5, order: 1, ...options })
      return seen.join()
    }
    expect(drawn({ seed: 3 })).toBe(drawn({ seed: 3 }))
    expect(drawn({ seed: 3 })).not.toBe(drawn({ seed: 4 }))
    expect(drawn({})).not.toBe(drawn({}))
  })

  it('goes on until its time is over', () => {
    const begun = Date.now()
    const report = checkGradientsForAll((x: Tensor) => x.square(), three, { seconds: 0.3, order: 1 })
    expect(Date.now() - begun).toBeLessThan(3000)
    expect(report.seconds).toBeGreaterThanOrEqual(0.3)
    expect(report.runs).toBeGreaterThan(1)
    expect(checkGradientsForAll((x: Tensor) => x, three, { seconds: 60, runs: 3 }).runs).toBe(3)
  })

  test.prop([fc.nat(), fc.constantFrom(anything, fc.tuple(tensors([2, 3])), fc.tuple(logits([4])))], { numRuns: 12 })(
    'shrinks to arguments that print short',
    (seed, args) => {
      const { shrunk, found } = searched(tripled, args, { seed })
      expect(shrunk.report?.verdict).toBe('wrong')
      expect(shrunk.text).toMatch(/^\[tensor\([[\]01, ]+, \{ dtype: 'f64' \}\)\]$/)
      expect(shrunk.text.length).toBeLessThanOrEqual(found.text.length)
    },
  )

  test.prop([fc.nat(), fc.constantFrom(0.9, 0.5, 0.1)], { numRuns: 15 })(
    'keeps the size of the error, where a smaller argument would be wrong by less',
    (seed, keepRatio) => {
      // Wrong by a factor that tends to 1 as x tends to 0.
      const creeping = squareTimes((x) => x.square().mul(0.1).add(1))
      const { shrunk, found } = searched(creeping, three, { seed, keepRatio, order: 1 })
      const ratio = (shrunk.report?.ratio ?? 0) / (found.report?.ratio ?? 1)
      expect(ratio).toBeGreaterThanOrEqual(keepRatio)
      expect(found.report?.ratio).toBeGreaterThan(1)
    },
  )

  test.prop([fc.nat()], { numRuns: 10 })('keeps the verdict', (seed) => {
    // A kink at 0, and wrong from 1 on: a shrunk 2 must not become 0.
    const f = (x: Tensor): Tensor => relu(x).add(squareTimes((v) => where(v.greater(1), 1.5, 1))(x))
    const { found, shrunk, verdict } = searched(f, fc.tuple(tensors([2], { min: 0 })), { seed })
    expect(shrunk.report?.verdict).toBe(found.report?.verdict)
    expect(verdict).toBe(found.report?.verdict)
    if (verdict === 'wrong') expect(shrunk.text).toMatch(/\b2\b/)
    else expect(shrunk.text).toMatch(/\b0\b/)
  })

  it('says both cases, how to see the shrunk one again, and where the test is', () => {
    const error = searched(tripled, anything, { seed: 5, tolerance: 1e-5, order: 1 })
    expect(error.name).toBe('CounterexampleError')
    expect(error).toBeInstanceOf(GradientCheckError)
    const lines = error.message.split('\n')
    expect(lines[0]).toMatch(
      /^checkGradientsForAll: \w+ must have right derivatives for all arguments, got a counterexample in run \d+\.$/,
    )
    expect(lines[1]).toMatch(/^ {2}found {15}\[tensor\(.*\)\]: wrong, \d+(\.\d+)? times what is accepted$/)
    expect(lines[2]).toMatch(/^ {2}shrunk {14}\[tensor\(1, .*\)\]: wrong/)
    expect(error.message).toContain('the first line of the tape'.slice(4))
    expect(error.message).toContain(`Replay with ${error.replay}.`)
    expect(error.replay).toMatch(
      /^checkGradientsForAll\(\w+, args, \{ seed: 5, path: '[\d:]+', order: 1, tolerance: 0\.00001 \}\)$/,
    )
    expect(error.report).toBe(error.shrunk.report)
    expect(() => JSON.stringify({ found: error.found.report, shrunk: error.report })).not.toThrow()
  })

  test.prop([fc.nat(), fc.boolean()], { numRuns: 10 })('shows a case again by its replay line', (seed, withExample) => {
    const examples: [Tensor][] = withExample ? [[tensor([0, 0, 0])]] : []
    const partly = squareTimes((x) => where(x.abs().greater(1), 1.5, 1))
    const error = searched(partly, three, { seed, examples })
    const call = new Function('checkGradientsForAll', 'f', 'args', 'examples', `return ${error.replay}`)
    const again = (): unknown => call(checkGradientsForAll, partly, three, examples)
    expect(error.replay.includes('examples')).toBe(withExample)
    expect(again).toThrow(CounterexampleError)
    try {
      again()
    } catch (second) {
      const { found, shrunk, report } = second as CounterexampleError
      expect(found.text).toBe(error.shrunk.text)
      expect(shrunk).toEqual(found)
      expect(report?.ratio).toBe(error.report?.ratio)
    }
  })

  it('writes a test that fails as long as the function is wrong', () => {
    const { regression, shrunk } = searched(tripled, three, { seed: 5, module: '../src/square.ts' })
    expect(regression).toContain("import { f } from '../src/square.ts'")
    expect(regression).toContain(shrunk.text)
    const body = regression.replaceAll(/^import .*$/gm, '')
    const run = (f: unknown): void =>
      new Function('tensor', 'checkGradients', 'it', 'f', body)(
        tensor,
        checkGradients,
        (_: string, test: () => void) => test(),
        f,
      )
    expect(() => run(tripled)).toThrow('must equal the slope of the function')
    run((x: Tensor) => x.square())
  })

  it('names a function that has a name', () => {
    function squareOf(x: Tensor): Tensor {
      return tripled(x)
    }
    const { regression, replay, message } = searched(squareOf, three, { seed: 5 })
    expect(regression).toContain("import { squareOf } from './squareOf.ts'")
    expect(regression).toContain('checkGradients(squareOf, [tensor(')
    expect([replay.includes('(squareOf, args'), message.includes('squareOf must have')]).toEqual([true, true])
  })

  it('tries examples first', () => {
    const picky = squareTimes((x) => where(x.equal(1.2345), 2, 1))
    const error = searched(picky, three, {
      examples: [[tensor([0, 1, 2])], [tensor([0, 1.2345, 0], { dtype: 'f64' })]],
    })
    expect(error.found.path).toBe('1')
    expect(error.message).toContain('in run 2.')
  })

  it('reports an error that f throws, at the simplest arguments that make it', () => {
    const fussy = (x: Tensor): Tensor => {
      if (x.shape.length > 1) throw new TypeError('no matrices')
      return x
    }
    const error = searched(fussy, anything, { seed: 7 })
    expect(error.message).toContain('throws TypeError: no matrices')
    expect(error.cause).toBeInstanceOf(TypeError)
    expect([error.verdict, error.report]).toEqual([null, null])
    expect(error.shrunk.text).toBe("[tensor([[0]], { dtype: 'f64' })]")
  })

  it('takes kinks for failures, accepts or skips them, as told', () => {
    const f = (x: Tensor): Tensor => relu(x)
    const args = fc.tuple(tensors([2], { min: -1 / 512, max: 1 / 512 }))
    expect(searched(f, args, { seed: 1 }).verdict).toBe('kink')
    const accepted = checkGradientsForAll(f, args, { seed: 1, runs: 30, kinks: 'accept' })
    expect(accepted.kinks).toBeGreaterThan(5)
    const skipping = checkGradientsForAll(f, args, { seed: 1, runs: 30, skip: ['kink'], maxSkipped: 0.95 })
    expect(skipping).toMatchObject({ runs: 30, kinks: 0 })
    expect(skipping.skipped).toBeGreaterThan(5)
  })

  it('skips what is lost in round-off, but not all there is', () => {
    const lost = (x: Tensor): Tensor => x.add(where(x.greater(0), 1e12, 0)).sub(where(x.greater(0), 1e12, 0))
    const some = fc.tuple(tensors([1]))
    expect(checkGradientsForAll(lost, some, { seed: 2, runs: 20, maxSkipped: 0.9, order: 1 }).skipped).toBeGreaterThan(
      3,
    )
    expect(() => checkGradientsForAll(lost, some, { seed: 2, runs: 20, maxSkipped: 0.1, order: 1 })).toThrow(
      /^checkGradientsForAll: at most 10 % of the arguments must be skipped, got \d+ of \d+ with a verdict of inconclusive\. /,
    )
    const always = fc.tuple(tensors([1], { min: 1 }))
    expect(() => checkGradientsForAll(lost, always, { seed: 2, order: 1 })).toThrow(GradientCheckError)
  })

  it('finds a rule that mixes up rows as soon as there are two', () => {
    const mixed = customVjp(
      (x: Tensor) => softmax(x),
      (g, y) => [g.sub(sum(g.mul(y))).mul(y)],
    )
    const rows = fc.tuple(shapes({ minRank: 1 }).chain((shape) => logits(shape)))
    const { shrunk } = searched((x: Tensor) => mixed(x), rows, { seed: 7 })
    expect(shrunk.text).toMatch(/^\[tensor\(\[\[0(, 0)*\], \[0(, 0)*\]\], \{ dtype: 'f64' \}\)\]$/)
  })
})
