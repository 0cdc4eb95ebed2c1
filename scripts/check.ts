/** Everything that can be checked without running the code: types, lint and format, and the packages as published. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { tableIsCurrent, withoutAdvice } from './lossTable.ts'
import { build, pack, published, root, tool } from './packages.ts'

let failed = false

function report(step: string, problems: string): void {
  console.log(problems ? `✗ ${step}\n${problems}` : `✓ ${step}`)
  if (problems) failed = true
}

/** What a tool prints when it fails; nothing when it passes. */
function run(name: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(tool(name), args, { cwd: root, encoding: 'utf8' })
  return status === 0 ? '' : stdout + stderr
}

/** Published packages are ESM only: what CommonJS and Node 10 would make of them is no problem. */
const supported = ['node16-esm', 'bundler']

async function typeProblems(tarball: Uint8Array): Promise<string[]> {
  const analysis = await checkPackage(createPackageFromTarballData(tarball))
  if (!analysis.types) return ['types: the package has none']
  return analysis.problems
    .filter((problem) => !('resolutionKind' in problem) || supported.includes(problem.resolutionKind))
    .map((problem) => `types: ${JSON.stringify(problem)}`)
}

async function manifestProblems({ buffer }: Uint8Array<ArrayBuffer>): Promise<string[]> {
  const { messages, pkg } = await publint({ pack: { tarball: buffer }, strict: true })
  return messages.map((message) => `${message.type}: ${formatMessage(message, pkg, { color: false })}`)
}

report('table of losses in README.md', tableIsCurrent() ? '' : 'it is out of date: npm run docs')
report('docs/which-loss.md names every loss', withoutAdvice().join(', '))
report('lint and format', run('biome', 'check', '--error-on-warnings'))
report('types of everything', run('tsc'))
for (const { folder } of published) report(`types of ${folder} alone`, run('tsc', '--project', `packages/${folder}`))

const folder = mkdtempSync(join(tmpdir(), 'wengert-check-'))
try {
  build()
  const tarballs = pack(folder)
  for (const [name, path] of tarballs) {
    const tarball = new Uint8Array(readFileSync(path))
    report(`${name} as published`, [...(await manifestProblems(tarball)), ...(await typeProblems(tarball))].join('\n'))
  }
} catch (error) {
  report('build', String(error))
} finally {
  rmSync(folder, { recursive: true })
}

process.exitCode = failed ? 1 : 0
