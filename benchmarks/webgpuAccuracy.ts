/**
 * How far the scalar functions of the WebGPU backend are off, measured against the CPU backend in f64. Writes
 * docs/webgpu-accuracy.md with a column for each Vulkan driver named, e.g.
 * `node --conditions=@wengert/source benchmarks/webgpuAccuracy.ts /usr/lib/chromium/vk_swiftshader_icd.json lvp_icd.json`
 */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cpu } from '@wengert/backend-cpu'
import { webgpu } from '@wengert/backend-webgpu'
import type { Backend } from '@wengert/core'
import { type Measurement, measure, measured } from '../packages/backend-webgpu/src/testing/measure.ts'
import { literal } from '../packages/backend-webgpu/src/wgsl/literal.ts'
import { driverEnvironment } from '../scripts/gpu.ts'

/** All functions on one backend. */
interface Column {
  readonly name: string
  readonly cells: readonly Measurement[]
}

async function column(name: string, backend: Backend): Promise<Column> {
  const cells: Measurement[] = []
  for (const [op, isBelowZero] of measured) cells.push(await measure(backend, cpu(), op, isBelowZero))
  return { name, cells }
}

/** Dawn takes its driver from the environment, so each one has a process to itself. */
function columnOf(environment: Record<string, string>): Column {
  const args = [...process.execArgv, import.meta.filename, 'measure']
  const env = { ...process.env, ...environment }
  return JSON.parse(
    execFileSync(process.execPath, args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  )
}

function cell({ ulps, args }: Measurement): string {
  return ulps === 0 ? '0' : `${ulps.toFixed(2)} at ${args.map((x) => literal(x).slice(0, -1)).join(', ')}`
}

function table(columns: readonly Column[]): string {
  const rows = measured.map(([op, isBelowZero], i) => {
    const bound = columns[0]?.cells[i]?.bound
    return [isBelowZero ? `${op}, x < 0` : op, bound, ...columns.map(({ cells }) => cell(cells[i] as Measurement))]
  })
  const head = ['function', 'bound', ...columns.map(({ name }) => name)]
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

const page = (columns: readonly Column[]): string => `# Accuracy on WebGPU

WGSL promises little of its own functions: an exp may be off by 180 units in the last place, a log or tanh near its zero by
percents, and min, max and comparisons may drop a NaN. The WebGPU backend therefore brings functions of its own
([wgsl/scalar.ts](../packages/backend-webgpu/src/wgsl/scalar.ts)) and keeps to these bounds, which a test asserts on every driver it meets. Errors are in units in the last
place (ulp) of the exact value; each number is the largest of at least 2¹⁶ arguments over the whole range and beside
zeros and branch points, with the argument where it was found. The column cpu is the CPU backend in f32, which rounds from f64. The bounds leave room for
devices that fuse, regroup, divide and take roots less exactly than these do.

Written by \`benchmarks/webgpuAccuracy.ts\`; the bounds are in [accuracy.ts](../packages/backend-webgpu/src/wgsl/accuracy.ts).

${table(columns)}

Below 0, lgamma and the even orders of polygamma have a zero between any two poles, about which relative accuracy is lost. There the unit
is the last place of 1 for lgamma, and for polygamma(n, x) that of n! / dⁿ⁺¹ with d the distance from the nearest pole. Above 0 the
error of polygamma grows with the order; the bound holds up to order 15.

What is the same everywhere:

- Zeros, infinities and NaN come out as on the CPU, with the sign of a zero, and so do comparisons, maximum, minimum, sign, isFinite and casts, all of
  which look at bits. pow follows Math.pow, so pow(1, NaN) is NaN and pow(NaN, 0) is 1.
- Sine, cosine and tangent hold their bounds at every f32, up to the greatest.
- Powers of integers are exact where the result is an f32.
- i32 arithmetic wraps around; a cast to i32 saturates.

What is not:

- A device may flush subnormal numbers (below 1.18e-38) to zero, as argument, as result or on the way: SwiftShader does. log,
  comparisons, maximum, minimum, sign, isFinite and casts to bool do not lose them even so.
- Sums and quotients are the device's own. Software drivers round them correctly; WGSL allows a quotient 2.5 ulp, and lets a compiler
  regroup a sum or fuse a product into it, in your programs as well as here. Steps whose rounding matters are shielded from that.
`

if (process.argv[2] === 'measure') {
  const backend = await webgpu()
  const { description, vendor } = backend.device.adapterInfo
  process.stdout.write(JSON.stringify(await column(description || vendor, backend)))
  backend.destroy()
} else {
  const drivers = process.argv.slice(2).map((path) => ({ VK_ICD_FILENAMES: path, VK_DRIVER_FILES: path }))
  const environment = driverEnvironment()
  if (!environment) throw new Error('webgpuAccuracy: Node must have a Vulkan driver, got none. Install one.')
  const columns = [await column('cpu', cpu())]
  for (const driver of drivers.length > 0 ? drivers : [{}]) columns.push(columnOf({ ...environment, ...driver }))
  writeFileSync(join(import.meta.dirname, '../docs/webgpu-accuracy.md'), page(columns))
}
