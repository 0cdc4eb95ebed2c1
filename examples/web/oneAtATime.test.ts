import { expect, it } from 'vitest'
import { oneAtATime } from './oneAtATime.ts'

it('never runs twice at once, and once more for all that was asked meanwhile', async () => {
  const log: string[] = []
  let latest = 0
  const run = oneAtATime(async () => {
    const seen = latest
    log.push(`begin ${seen}`)
    await new Promise((done) => setTimeout(done, 5))
    log.push(`end ${seen}`)
  })
  latest = 1
  const first = run()
  latest = 2
  void run()
  latest = 3
  const last = run()
  await Promise.all([first, last])
  expect(log).toEqual(['begin 1', 'end 1', 'begin 3', 'end 3'])
  await run()
  expect(log).toHaveLength(6)
})

it('runs again after a failure', async () => {
  let fails = true
  const run = oneAtATime(async () => {
    if (fails) throw new Error('once')
  })
  await expect(run()).rejects.toThrow('once')
  fails = false
  await expect(run()).resolves.toBeUndefined()
})
