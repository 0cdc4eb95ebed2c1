import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

let folder = ''
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'wengert-digits-')))
})
afterAll(() => rmSync(folder, { recursive: true }))

interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs the program in the temporary folder, as `npm start` does. */
function digits(...args: string[]): Promise<Outcome> {
  const program = join(import.meta.dirname, 'main.ts')
  return new Promise((done) => {
    execFile(
      process.execPath,
      ['--conditions=@wengert/source', program, ...args],
      { cwd: folder },
      (error, stdout, stderr) => done({ code: error ? Number(error.code) : 0, stdout, stderr }),
    )
  })
}

function file(name: string, contents: string | Uint8Array): string {
  writeFileSync(join(folder, name), contents)
  return name
}

const report = (name: string): string => readFileSync(join(folder, name), 'utf8')
const withoutTimes = (text: string): string => text.replace(/\d+(\.\d+)? m?s\b/g, '').replace(/ +/g, ' ')
/** What the table at the end says. */
const accuracies = (text: string): number[] =>
  [...text.matchAll(/ {3}(\d+\.\d)(?: ± \d+\.\d)? % {3}/g)].map(([, share]) => Number(share))

/** Two classes of 4 × 4 pictures: bright above or bright below, with noise that a formula makes. */
const pictures = Array.from({ length: 60 }, (_, i) => ({
  label: i % 2,
  pixels: Array.from({ length: 16 }, (_, p) => (p < 8 === (i % 2 === 0) ? 200 : 20) + ((7 * i + 13 * p) % 50)),
}))
const csv = pictures.map(({ pixels, label }) => [...pixels, label].join(',')).join('\n')

function idx(sizes: readonly number[], bytes: readonly number[]): Uint8Array {
  const header = sizes.flatMap((n) => [0, 0, n >> 8, n & 255])
  return Uint8Array.from([0, 0, 8, sizes.length, ...header, ...bytes])
}

describe.concurrent('digits', { timeout: 60_000 }, () => {
  it('learns the digits and writes a report that stands alone', async () => {
    const { code, stdout, stderr } = await digits('--epochs', '3', '--out', 'digits.html')
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain('gradient check  passed')
    expect(stdout).toMatch(/^rootedCrossEntropy +epoch 3\/3/m)
    expect(stdout).toContain(join(folder, 'digits.html'))
    const scores = accuracies(stdout)
    expect(scores).toHaveLength(2)
    for (const score of scores) expect(score).toBeGreaterThan(85)

    const page = report('digits.html')
    for (const score of scores) expect(page).toContain(`${score.toFixed(1)} %`)
    expect(page.match(/<figure class="confusion">/g)).toHaveLength(2)
    expect(page.match(/<figure class="digit">/g)?.length).toBeGreaterThan(3)
    expect(page).toContain('prefers-color-scheme: dark')
    expect(page).toContain('E. Alpaydin and C. Kaynak')
    expect(page).not.toMatch(/https?:|<link|<script|@import|url\(|src="(?!data:)/)
  })

  it('gives the same numbers for the same seed, others for another', async () => {
    const run = async (seed: string, out: string): Promise<[string, string]> => {
      const { stdout } = await digits('--epochs', '1', '--loss', 'crossEntropy', '--seed', seed, '--out', out)
      return [withoutTimes(stdout.replace(out, '')), withoutTimes(report(out))]
    }
    const [once, again, other] = await Promise.all([run('7', 'a.html'), run('7', 'b.html'), run('8', 'c.html')])
    expect(again).toEqual(once)
    expect(other[0].match(/epoch 1.*/)).not.toEqual(once[0].match(/epoch 1.*/))
  })

  it('reads the same pictures alike from CSV and from IDX', async () => {
    const images = file(
      'images.idx',
      idx(
        [60, 4, 4],
        pictures.flatMap(({ pixels }) => pixels),
      ),
    )
    const labels = file(
      'labels.idx',
      idx(
        [60],
        pictures.map(({ label }) => label),
      ),
    )
    const flags = ['--epochs', '20', '--loss', 'svmLoss', '--seeds', '2']
    const [one, two] = await Promise.all([
      digits(...flags, '--data', file('pictures.csv', csv), '--out', 'csv.html'),
      digits(...flags, '--data', images, labels, '--out', 'idx.html'),
    ])
    expect(one.stderr + two.stderr).toBe('')
    expect(accuracies(one.stdout)).toEqual([100])
    expect(one.stdout).toContain('60 images of 4 × 4 pixels in 2 classes')
    const results = ({ stdout }: Outcome): string =>
      withoutTimes(stdout.slice(stdout.indexOf('svmLoss'), stdout.indexOf('Report')))
    expect(results(two)).toBe(results(one))
  })

  it('takes any table of numbers, with names and with classes too many to draw', async () => {
    const rows = Array.from({ length: 80 }, (_, i) => `${i % 40},${i * i},-${i}.5,${i % 40}`)
    const data = file('<b>.csv', `a,b,c,kind\n${rows.join('\n')}\n`)
    const { code, stdout } = await digits('--epochs', '2', '--batch', '1000', '--data', data, '--out', 'table.html')
    expect(code).toBe(0)
    expect(stdout).toContain('80 rows of 3 numbers in 40 classes')
    expect(report('table.html')).not.toContain('<b>')
  })

  it('shows its flags', async () => {
    const { code, stdout } = await digits('--help')
    expect(code).toBe(0)
    expect(stdout).toContain('--epochs <n>')
  })

  it.each([
    ['an unknown flag', ['--epoch', '3'], "Unknown option '--epoch'. Try --help."],
    ['a bad number', ['--epochs', 'ten'], '--epochs must be an integer from 1 to 10000, got "ten".'],
    ['a missing file', ['--data', 'none.csv'], 'none.csv cannot be read: there is no such file or folder.'],
    ['a folder for a report', ['--out', '.'], '. cannot be written: it is a folder.'],
    [
      'a folder that is not there',
      ['--out', 'none/report.html'],
      'none/report.html cannot be written: there is no such file or folder.',
    ],
  ])('stops with one sentence at %s', async (_, args, message) => {
    const { code, stdout, stderr } = await digits(...args, ...(args.includes('--out') ? [] : ['--out', 'unused.html']))
    expect([code, stdout, stderr]).toEqual([2, '', `${message}\n`])
  })
})
