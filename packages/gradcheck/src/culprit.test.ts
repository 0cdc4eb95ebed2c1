import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import {
  checkpoint,
  customVjp,
  logSumExp,
  matmul,
  mean,
  relu,
  sigmoid,
  softmax,
  softplus,
  stopGradient,
  sum,
  type Tensor,
  tanh,
  tape,
  tensor,
  useBackend,
  where,
} from '@wengert/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { findCulprit } from './culprit.ts'
import { checkGradients, tensors } from './index.ts'

beforeAll(() => useBackend(cpu()))

const options = { verdict: 'wrong', tolerance: 1e-6, seed: 0 } as const

const square = customVjp(
  (x: Tensor) => x.square(),
  (g, _, x) => [g.mul(x).mul(2)],
)

/** Elementwise steps of a program. */
const steps: readonly ((x: Tensor) => Tensor)[] = [
  (x) => tanh(x),
  (x) => sigmoid(x).mul(3),
  (x) => x.add(softplus(x)),
  (x) => x.sub(mean(x, { axis: -1, keepDims: true })),
  (x) => softmax(x).add(x.div(2)),
  (x) => x.mul(x).add(1).sqrt(),
  (x) => where(x.greater(0), x.mul(2), x.exp()),
  (x) => x.transpose().transpose().reshape([6]).reshape([2, 3]),
  (x) => square(tanh(x)),
  checkpoint((x: Tensor) => tanh(x.mul(0.5))),
]

/** Wrong rules for 3/2 x. */
const rules: readonly ((g: Tensor) => Tensor | null)[] = [
  (g) => g.mul(1.5001),
  (g) => g.mul(-1.5),
  (g) => g,
  (g) => g.mul(Number.NaN),
  () => null,
]
const mutants = rules.map((rule) =>
  customVjp(
    (x: Tensor) => x.mul(1.5),
    (g) => [rule(g)],
  ),
)

const programs = fc.array(fc.constantFrom(...steps), { maxLength: 6 })
const run = (program: readonly ((x: Tensor) => Tensor)[], x: Tensor): Tensor => program.reduce((y, step) => step(y), x)

function messageOf(check: () => unknown): string {
  try {
    check()
  } catch (error) {
    return String(error)
  }
  throw new Error('the check has passed')
}

describe('the search for the line at fault', () => {
  test.prop([programs, programs, fc.constantFrom(...mutants), tensors([2, 3], { avoid: [0] })])(
    'names a wrong rule in the middle of any program',
    (before, after, mutant, x) => {
      const made = mutant(run(before, x))
      const list = tape(sum(run(after, made)))
      expect(findCulprit(list, [x], options)?.local.line).toBe(made)
    },
  )

  test.prop([programs, tensors([2, 3], { avoid: [0] })])('names none in a right program', (program, x) => {
    const y = run(program, x)
    expect(findCulprit(tape(sum(y.mul(y))), [x], options)).toBeNull()
  })

  it('leaves what the derivative does not pass through alone', () => {
    const x = tensor([0.5, 2], { dtype: 'f64' })
    const wrong = mutants[0] as (x: Tensor) => Tensor
    const y = sum(x.mul(stopGradient(wrong(x))).add(wrong(tensor([1, 2], { dtype: 'f64' }))))
    expect(findCulprit(tape(y), [x], options)).toBeNull()
  })

  it('says which line, its op, shape and input, both values, and what stands around it', () => {
    const wrong = customVjp(
      (x: Tensor, w: Tensor) => matmul(x, w),
      (g, _, x, w) => [matmul(g, w.transpose()), matmul(x.transpose(), g).mul(3)],
    )
    const w = tensor([[1], [2]])
    const message = messageOf(() =>
      checkGradients((x: Tensor, v: Tensor) => logSumExp(wrong(tanh(x), v)), [tensor([[0.5, 2]]), w]),
    )
    expect(message).toMatch(
      /The first line of the tape with this fault is %\d+, the rule given to customVjp, f64 \[1, 1\]:/,
    )
    expect(message).toMatch(
      /by input %\d+ \(f64 \[2, 1\]\) at \[\d, 0\], the sum of its outputs has the derivative \S+ by the rule, \S+ by differences\./,
    )
    expect(message).toMatch(/\n {6}%\d+ = matmul .*\n {4}> %\d+ = customVjp %\d+ %\d+ %\d+ : f64 \[1, 1\]\n {6}%\d+ = /)
  })

  it('finds it in the tape of the second derivative, too', () => {
    const deaf = customVjp(
      (x: Tensor) => x,
      () => [null],
    )
    const blind = customVjp(
      (x: Tensor) => x.square(),
      (g, _, x) => [g.mul(deaf(x)).mul(2)],
    )
    const message = messageOf(() => checkGradients((x: Tensor) => tanh(blind(x)), [tensor([1, 2])]))
    expect(message).toContain('derivative of order 2')
    expect(message).toMatch(/the rule given to customVjp, f64 \[2\]:\n.*the derivative 0 by the rule, 1 by differences/)
  })

  it('names the line with the kink, or the comparison that makes it', () => {
    const x = tensor([1, 2])
    expect(messageOf(() => checkGradients((v: Tensor) => tanh(relu(v.sub(1))).exp(), [x]))).toMatch(
      /The comparison %\d+, (\w+), is at its threshold at \[0\]\.\n(.*\n)*.*> %\d+ = \1/,
    )
    const bent = customVjp(
      (v: Tensor) => relu(v),
      (g) => [g.mul(0.25)],
    )
    expect(messageOf(() => checkGradients((v: Tensor) => tanh(bent(v.slice([0], [1]).sub(1))), [x]))).toMatch(
      /with this fault is %\d+, the rule given to customVjp, f64 \[1\]:\n.*derivative 0.25 between one-sided slopes 0 and 1\./,
    )
  })

  it('sees a rule that closes over an input', () => {
    const f = (x: Tensor) =>
      customVjp(
        (y: Tensor) => y.mul(x),
        (g) => [g.mul(x)],
      )(x.exp())
    expect(messageOf(() => checkGradients(f, [tensor([1, 2])]))).toContain(
      'through lines that are not among its arguments',
    )
  })
})
