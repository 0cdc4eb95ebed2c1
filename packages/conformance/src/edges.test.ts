import { cpu } from '@wengert/backend-cpu'
import { device } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { edges } from './index.ts'

describe('edge policy on the CPU, to the last bit', () => {
  it.each(edges({ tolerance: 0 }))('$name', ({ run }) => run(cpu()))
})

it('holds on an asynchronous backend without f64', async () => {
  const backend = device()
  for (const { run } of edges({ tolerance: 0 })) await run(backend)
  expect(backend.memory().buffers).toBe(0)
})

it('is asked of finite numbers alone where a backend promises no more', () => {
  const names = edges({ nonFinite: false }).map(({ name }) => name)
  expect(names).toContain("relu'(0) = 0 in f32")
  expect(names).toContain('sigmoid at ±1e4 in f32')
  expect(names).not.toContain('logSumExp of all −∞ in f32')
  expect(names).not.toContain('x log x under where in f64')
  expect(names.length).toBeGreaterThan(80)
})

it('tells what is otherwise', async () => {
  const { prepare, ...rest } = cpu()
  const wrong = {
    ...rest,
    prepare: (kernel: Parameters<typeof prepare>[0]) =>
      prepare(
        kernel.kind === 'map'
          ? { ...kernel, steps: kernel.steps.map((step) => (step.op === 'less' ? { ...step, op: 'lessEqual' } : step)) }
          : kernel,
      ),
  }
  const failures: string[] = []
  for (const { run } of edges()) await run(wrong).catch((error: Error) => failures.push(error.message))
  expect(failures).toContain(
    "leakyRelu'(0) is the negative slope in f32: gradient must be [0.25] within 0.00001, got [1] on cpu.",
  )
})
