/** Messages name the user's line. What stands under packages counts as ours there, so this is tested out here. */
import { readFileSync } from 'node:fs'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { cpu } from '../packages/backend-cpu/src/index.ts'
import * as w from '../packages/core/src/index.ts'
import { crossEntropy } from '../packages/losses/src/index.ts'

beforeAll(() => w.useBackend(cpu()))
afterEach(() => w.recordCallSites(false))

const here = readFileSync(import.meta.filename, 'utf8').split('\n')

/** The comment at the end of the line that a message names, and what the message says before it. */
function placeIn(message: string): string {
  const [, site, path, line] = /((?:in the derivative of \w+, )?made at) (\S*?):(\d+):\d+/.exec(message) ?? []
  expect(path).toBe(import.meta.filename)
  return `${site} ${here[Number(line) - 1]?.split('// ')[1]}`
}

function failure(f: () => w.Tensor): string {
  try {
    f().dataSync({ check: 'finite' })
  } catch (error) {
    return (error as Error).message
  }
  return 'no failure'
}

const zero = () => w.tensor([1, 0])
const labels = w.tensor([0, 1], { dtype: 'i32' })
const low = Number.NEGATIVE_INFINITY

describe('recordCallSites', () => {
  const makers: Record<string, [() => w.Tensor, string]> = {
    'a forward line': [
      () => {
        const y = zero().log() // forward
        return y.mul(2).add(1)
      },
      'made at forward',
    ],
    'data that was given': [() => w.tensor([low]).mul(2), 'made at data'], // data
    'a line that a function of ours makes': [
      () => {
        const logits = w
          .tensor([
            [1e38, -1e38],
            [0, 1],
          ])
          .mul(1e30) // logits
        return crossEntropy(logits, labels)
      },
      'made at logits',
    ],
    'a line of a derivative': [
      () =>
        w.grad((x: w.Tensor) => {
          const root = x.sqrt() // root
          return w.sum(root.mul(3))
        })(zero()),
      'in the derivative of sqrt, made at root',
    ],
    'a line of a second derivative': [
      () => {
        const f = (x: w.Tensor) => w.sum(x.pow(1.5)) // power
        return w.grad((x: w.Tensor) => w.sum(w.grad(f)(x)))(zero())
      },
      'in the derivative of pow, made at power',
    ],
    'a line of a forward derivative': [
      () => w.jvp((x: w.Tensor) => x.sqrt(), [zero()], [w.ones([2])])[1], // pushed
      'in the derivative of sqrt, made at pushed',
    ],
    'a line that a rule makes': [
      () => {
        const f = w.customVjp(
          (x: w.Tensor) => x.abs(),
          (g, _, x) => [g.div(x)], // rule
        )
        return w.grad((x: w.Tensor) => w.sum(f(x)))(zero())
      },
      'made at rule',
    ],
    'a line that is computed a second time': [
      () => {
        const block = w.checkpoint((x: w.Tensor) => x.sqrt().mul(3)) // block
        return w.grad((x: w.Tensor) => w.sum(block(x)))(zero())
      },
      'in the derivative of sqrt, made at block',
    ],
  }

  it.each(Object.entries(makers))('leads to %s', (_, [make, wanted]) => {
    w.recordCallSites()
    expect(placeIn(failure(make))).toBe(wanted)
  })

  it('is advised where nothing was recorded', () => {
    expect(failure(() => zero().log())).toMatch(
      / To see where in your code it was made, call recordCallSites\(\) at the start\.$/,
    )
    w.recordCallSites()
    expect(failure(() => zero().log())).not.toContain('recordCallSites')
  })

  it('leaves the limit of stacks as it was', () => {
    const before = Error.stackTraceLimit
    w.recordCallSites()
    zero()
    expect(Error.stackTraceLimit).toBe(before)
  })
})

describe('values computed twice', () => {
  it('are told once, with the line that made them', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const loop = () => {
      let x = w.tensor([1, 2, 3])
      for (let i = 0; i < 6; i++) {
        x = x.mul(0.5) // carried
        w.sum(x).item()
      }
    }
    vi.stubEnv('NODE_ENV', 'production')
    loop()
    expect(warn).not.toHaveBeenCalled()
    vi.unstubAllEnvs()
    const once = w.tensor([1]).exp()
    for (let i = 0; i < 2; i++) once.add(i).item()
    expect(warn).not.toHaveBeenCalled()
    loop()
    loop()
    expect(warn).toHaveBeenCalledTimes(1)
    const message = String(warn.mock.calls[0]?.[0])
    expect(placeIn(message)).toBe('made at carried')
    expect(message.replace(/made at \S+:\d+:\d+/, 'made at …')).toBe(
      'item: values must be computed once, got mul f32 [3], made at …, computed twice; it is kept now. ' +
        'Carry tensors from step to step in a state, compile the step, or read what belongs together at once with data([…]).',
    )
    warn.mockRestore()
  })

  it('are no matter inside of a state, and lines from before are kept', async () => {
    const own = cpu()
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const kernels: string[] = []
    const counting = {
      ...own,
      prepare: (kernel: w.Kernel) => {
        const program = own.prepare(kernel)
        return {
          run: (...args: Parameters<typeof program.run>) => {
            kernels.push(kernel.kind)
            program.run(...args)
          },
        }
      },
    }
    const ready = w.cumSum(w.ones([5]))
    const training = w.state(w.tensor(0), { backend: counting })
    for (let i = 0; i < 6; i++) await training.update((s) => [s.add(w.sum(ready)), s])
    expect(training.value.item({ backend: counting })).toBe(90)
    expect(kernels.filter((kind) => kind === 'scan').length).toBe(2)
    expect(warn).not.toHaveBeenCalled()
    warn.mockRestore()
  })
})
