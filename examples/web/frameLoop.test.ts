import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { FrameLoop } from './frameLoop.ts'

beforeEach(() => {
  vi.stubGlobal('requestAnimationFrame', (callback: (time: number) => void) =>
    setTimeout(() => callback(performance.now()), 2),
  )
})
afterEach(() => void vi.unstubAllGlobals())

const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds))

function busyFor(milliseconds: number): void {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}

it('works in every frame, but not for longer than its budget', async () => {
  let steps = 0
  const inFrame: number[] = []
  const loop = new FrameLoop(
    async () => {
      steps++
      busyFor(1)
    },
    () => {
      inFrame.push(steps)
      steps = 0
    },
    () => {},
  )
  loop.start()
  await vi.waitFor(() => expect(inFrame.length).toBeGreaterThan(4))
  await loop.stop()
  // Steps of a millisecond, ten milliseconds a frame.
  expect(Math.max(...inFrame)).toBeLessThanOrEqual(10)
  expect(Math.max(...inFrame)).toBeGreaterThan(1)
})

it('stops after the step under way, and starts once however often it is asked', async () => {
  let [running, most, steps] = [0, 0, 0]
  const loop = new FrameLoop(
    async () => {
      most = Math.max(most, ++running)
      await pause(5)
      steps++
      running--
    },
    () => {},
    () => {},
  )
  loop.start()
  loop.start()
  await vi.waitFor(() => expect(running).toBe(1))
  await loop.stop()
  const done = steps
  expect(running).toBe(0)
  await pause(20)
  expect(steps).toBe(done)
  void loop.stop()
  loop.start()
  await vi.waitFor(() => expect(steps).toBeGreaterThan(done + 1))
  await loop.stop()
  expect(most).toBe(1)
})

it('ends at an error, and says it', async () => {
  const failed = vi.fn()
  const loop = new FrameLoop(
    async () => {
      throw new Error('no device')
    },
    () => {},
    failed,
  )
  loop.start()
  await vi.waitFor(() => expect(failed).toHaveBeenCalledTimes(1))
  await pause(10)
  expect(failed).toHaveBeenCalledTimes(1)
})
