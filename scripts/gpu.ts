/** What this machine has for tests of the WebGPU backend: a driver that Node can use, and a Chromium. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './packages.ts'

/** The software driver that Debian's Chromium brings along. */
const chromiumDriver = '/usr/lib/chromium/vk_swiftshader_icd.json'

const browsers = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

const probe = `
  import { create } from 'webgpu'
  globalThis.gpu = create([])
  process.exit((await globalThis.gpu.requestAdapter()) ? 0 : 1)`

/** The environment in which Node finds an adapter; null where it finds none. A driver that the environment names is the only one tried. */
export function driverEnvironment(): Record<string, string> | null {
  const runtime = { XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? tmpdir() }
  const given = process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES
  const drivers = given ? [driverAt(given)] : [{}, ...(existsSync(chromiumDriver) ? [driverAt(chromiumDriver)] : [])]
  const found = drivers.find((driver) => {
    const env = { ...process.env, ...runtime, ...driver }
    const cwd = join(root, 'packages/backend-webgpu')
    const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', probe], { cwd, env, timeout: 30_000 })
    return status === 0
  })
  return found ? { ...runtime, ...found } : null
}

/** The Vulkan loader has two names for the same variable. */
function driverAt(path: string): Record<string, string> {
  return { VK_ICD_FILENAMES: path, VK_DRIVER_FILES: path }
}

/** The path of a Chromium; null where there is none. */
export function chromium(): string | null {
  return browsers.find((path) => path && existsSync(path)) ?? null
}

/** Arguments with which a headless Chromium has WebGPU without a GPU, and asks the network for nothing of its own. */
export const chromiumArguments: readonly string[] = [
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
