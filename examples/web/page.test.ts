import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, type Page, chromium as playwright } from 'playwright'
import { build, createServer, preview } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromium, chromiumArguments } from '../../scripts/gpu.ts'
import { drawings } from './drawings.ts'
import type { Point, Stroke } from './stroke.ts'

const executablePath = chromium()
const configFile = join(import.meta.dirname, 'vite.config.ts')
const common = { configFile, root: import.meta.dirname, logLevel: 'error' } as const

/** What the page complains of, and what it asks the network for. */
interface Visit {
  readonly page: Page
  readonly complaints: string[]
  readonly requests: string[]
}

async function visit(browser: Browser, url: string): Promise<Visit> {
  const page = await browser.newPage({ viewport: { width: 1240, height: 1000 } })
  const [complaints, requests]: [string[], string[]] = [[], []]
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('request', (request) => requests.push(request.url()))
  // What the page gets from the GPU is kept where the test can take it away again.
  await page.addInitScript(() => {
    if (!('GPUAdapter' in globalThis)) return
    const { requestDevice } = GPUAdapter.prototype
    GPUAdapter.prototype.requestDevice = async function (...options) {
      const device = await requestDevice.apply(this, options)
      Object.assign(globalThis, { lendDevice: device })
      return device
    }
  })
  await page.goto(url)
  return { page, complaints, requests }
}

const text = async (page: Page, id: string): Promise<string> => (await page.textContent(`#${id}`)) ?? ''
const numberIn = async (page: Page, id: string): Promise<number> =>
  Number.parseFloat((await text(page, id)).replace(',', ''))

const patience = { timeout: 60_000, interval: 100 }

async function trainsTo(page: Page, percent: number): Promise<void> {
  await expect.poll(() => numberIn(page, 'accuracy'), patience).toBeGreaterThanOrEqual(percent)
}

/** Waits until the network has been tested after this many more steps. */
async function goesOn(page: Page, steps = 12): Promise<void> {
  const before = await numberIn(page, 'step')
  await expect.poll(() => numberIn(page, 'step'), patience).toBeGreaterThanOrEqual(before + steps)
}

async function draw(page: Page, drawing: readonly Stroke[]): Promise<void> {
  await page.click('#clear')
  const { x = 0, y = 0, width = 0, height = 0 } = (await page.locator('#pad').boundingBox()) ?? {}
  const moveTo = (point: Point) => page.mouse.move(x + width * point.x, y + height * point.y)
  for (const stroke of drawing) {
    await moveTo(stroke[0] as Point)
    await page.mouse.down()
    for (const point of stroke) await moveTo(point)
    await page.mouse.up()
  }
}

const reads = (page: Page) => expect.poll(() => text(page, 'verdict'), patience)

if (!executablePath)
  it.skip(
    'the page is tried in a browser, and there is none here: apt-get install chromium, or set CHROMIUM to its path',
  )
else
  describe('the page', { timeout: 120_000 }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'wengert-page-'))
    const launch = (args: readonly string[]): Promise<Browser> =>
      playwright.launch({ executablePath, headless: true, args: [...args] })
    let browser: Browser
    let plain: Browser
    beforeAll(async () => {
      browser = await launch(chromiumArguments)
      plain = await launch(chromiumArguments.filter((argument) => !argument.includes('webgpu')))
    }, 60_000)
    afterAll(async () => {
      await Promise.all([browser?.close(), plain?.close()])
      rmSync(folder, { recursive: true })
    })

    it('trains on webgpu, as it is built, and goes on through every change', async () => {
      await build({ ...common, build: { outDir: folder, emptyOutDir: true } })
      const server = await preview({ ...common, build: { outDir: folder }, preview: { host: '127.0.0.1', port: 0 } })
      const url = server.resolvedUrls?.local[0] ?? ''
      const { page, complaints, requests } = await visit(browser, url)

      await trainsTo(page, 95)
      expect(await text(page, 'backend')).toBe('webgpu')
      expect(await text(page, 'adapter')).not.toBe('')
      expect(await numberIn(page, 'speed')).toBeGreaterThan(0)
      expect(await page.locator('#loss-chart polyline').getAttribute('points')).toMatch(/\d,\d.* /)
      const counts = await page.locator('#confusion td.right').allTextContents()
      expect(counts.reduce((sum, count) => sum + Number(count), 0)).toBeGreaterThan(0.95 * 359)

      await draw(page, drawings[0]?.[0] ?? [])
      await reads(page).toBe('0')
      await draw(page, drawings[7]?.[0] ?? [])
      await reads(page).toBe('7')
      await page.click('#clear')
      await reads(page).toBe('–')
      await page.click('#sample')
      await expect.poll(() => text(page, 'truth'), patience).toMatch(/^it is a \d$/)

      await page.getByText('svmLoss', { exact: true }).click()
      await goesOn(page)
      expect(await numberIn(page, 'accuracy')).toBeGreaterThan(93)
      await page.getByText('cpu', { exact: true }).first().click()
      await expect.poll(() => text(page, 'backend'), patience).toBe('cpu')
      await goesOn(page)
      expect(await numberIn(page, 'accuracy')).toBeGreaterThan(93)
      await page.getByRole('radio', { name: 'webgpu' }).check({ force: true })
      await expect.poll(() => text(page, 'backend'), patience).toBe('webgpu')
      await goesOn(page)
      expect(await numberIn(page, 'accuracy')).toBeGreaterThan(93)
      expect(await page.locator('#loss-chart text.mark').allTextContents()).toContain('svmLoss')

      // Without its GPU the network starts over.
      const steps = await numberIn(page, 'step')
      await page.evaluate(() => (globalThis as unknown as { lendDevice: GPUDevice }).lendDevice.destroy())
      await expect.poll(() => text(page, 'backend'), patience).toBe('cpu')
      await expect.poll(() => text(page, 'status'), patience).toContain('starts over on the CPU')
      expect(await numberIn(page, 'step')).toBeLessThan(steps)
      expect(await page.getByRole('radio', { name: 'webgpu' }).isDisabled()).toBe(true)
      await trainsTo(page, 90)

      expect(complaints).toEqual([])
      expect(requests.filter((request) => !request.startsWith(url) && !request.startsWith('data:'))).toEqual([])
      await server.close()
    })

    it('trains on the CPU where there is no WebGPU, from the server of `npm run web`, and stays quick to answer', async () => {
      const server = await createServer({ ...common, server: { host: '127.0.0.1', port: 0, watch: null } })
      await server.listen()
      const url = server.resolvedUrls?.local[0] ?? ''
      const { page, complaints } = await visit(plain, url)

      await trainsTo(page, 95)
      expect(await text(page, 'backend')).toBe('cpu')
      expect(await text(page, 'status')).toContain('no WebGPU')
      expect(await page.getByRole('radio', { name: 'webgpu' }).isDisabled()).toBe(true)

      // How long a click would wait, while training goes on.
      const waits = await page.evaluate(async () => {
        const waits: number[] = []
        for (let i = 0; i < 30; i++) {
          const start = performance.now()
          await new Promise((done) => setTimeout(done))
          waits.push(performance.now() - start)
        }
        return waits.sort((a, b) => a - b)
      })
      expect(waits[15]).toBeLessThan(100)

      // A 1 by keys alone.
      await page.focus('#pad')
      await page.keyboard.press('Space')
      for (let i = 0; i < 15; i++) await page.keyboard.press('ArrowDown')
      await page.keyboard.press('Space')
      await reads(page).toBe('1')
      await page.keyboard.press('Delete')
      await reads(page).toBe('–')

      await page.click('#pause')
      await expect.poll(() => text(page, 'status'), patience).toBe('Paused.')
      await expect.poll(() => text(page, 'speed'), patience).toBe('–')
      const paused = await numberIn(page, 'step')
      await page.waitForTimeout(200)
      expect(await numberIn(page, 'step')).toBe(paused)
      await page.click('#reset')
      await expect.poll(() => numberIn(page, 'accuracy'), patience).toBeLessThan(30)
      expect(await numberIn(page, 'step')).toBe(0)
      await page.focus('#rate')
      await page.keyboard.press('Home')
      expect(await page.getAttribute('#rate', 'aria-valuetext')).toBe('0.0001')
      await page.click('#pause')
      await goesOn(page)
      // So small a rate has taught it little yet.
      expect(await numberIn(page, 'accuracy')).toBeLessThan(60)

      expect(complaints).toEqual([])
      await server.close()
    })
  })
