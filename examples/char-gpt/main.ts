/** Trains a small transformer, character by character, on a text; shows what it writes while it learns. Try --help. */
import { writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { cpu } from '@wengert/backend-cpu'
import { fold, key, leaves, sizeOf, useBackend } from '@wengert/core'
import { restore } from '@wengert/data'
import { declarationFolder } from '../data/declarations.ts'
import { checkWritable, readInput } from '../digits/files.ts'
import { InputError } from '../digits/inputError.ts'
import { digestOf, loadCheckpoint, type Point, saveCheckpoint, snapshotOf } from './checkpoint.ts'
import { generate } from './generate.ts'
import { type GptParams, gpt } from './model.ts'
import { help, type Options, parseOptions } from './options.ts'
import { page } from './page.ts'
import { encode, readText } from './text.ts'
import { trainingOf } from './training.ts'

/** Windows to try on: on the way, and at the end. */
const tries = [64, 512] as const

async function main(args: readonly string[]): Promise<void> {
  const options = parseOptions(args)
  if (!options) return console.log(help)
  useBackend(cpu())
  if (options.generate === null) await train(options)
  else await write(options, options.generate)
}

/** Writes from a checkpoint. */
async function write({ checkpoint, prompt, temperature, settings: { seed } }: Options, count: number): Promise<void> {
  const { settings, alphabet, tree } = await loadCheckpoint(checkpoint)
  const model = gpt({ ...settings, characters: alphabet.length })
  const params = restore(model.init(key(0)), (tree as { params: unknown }).params) as GptParams
  const first = encode(alphabet, prompt ?? newLine(alphabet))
  if (prompt !== null) process.stdout.write(prompt)
  for await (const place of generate(model, params, { prompt: first, count, key: key(seed), temperature }))
    process.stdout.write(alphabet[place] as string)
  process.stdout.write('\n')
}

async function train(options: Options): Promise<void> {
  const path = options.text ?? join(declarationFolder(), 'lib.dom.d.ts')
  const source = new TextDecoder().decode(readInput(path))
  const digest = digestOf(source)
  const saved = options.resume ? await loadCheckpoint(options.checkpoint) : null
  if (saved && saved.digest !== digest)
    throw new InputError(`${path} must be the text of ${options.checkpoint}, got another. Train without --resume.`)
  checkWritable(options.out)

  const text = readText(source)
  const { alphabet } = text
  const settings = saved?.settings ?? options.settings
  if (Math.min(text.train.length, text.held.length) <= settings.context)
    throw new InputError(`${path} must have more than ${10 * settings.context} characters, got ${source.length}.`)
  const training = trainingOf(text, settings, saved ? snapshotOf(saved) : undefined)
  const parameters = leaves(training.tree.params).reduce((n, { shape }) => n + sizeOf(shape), 0)
  const first = encode(alphabet, options.prompt ?? newLine(alphabet))
  console.log(`${path}: ${source.length} characters, ${alphabet.length} different; ${parameters} parameters\n`)

  const points: Point[] = [...(saved?.points ?? [])]
  const before = points.at(-1) ?? { minutes: 0, processor: 0 }
  const start = { time: performance.now(), processor: process.cpuUsage() }
  const time = () => {
    const { user, system } = process.cpuUsage(start.processor)
    const minutes = before.minutes + (performance.now() - start.time) / 60_000
    return { minutes, processor: before.processor + (user + system) / 6e7 }
  }
  let stopped = false
  process.once('SIGINT', () => {
    stopped = true
  })
  const every = Math.ceil(settings.steps / 20)
  let losses: number[] = []
  while (training.step < settings.steps && !stopped) {
    const loss = await training.next()
    losses.push(loss)
    const { step } = training
    if (process.stdout.isTTY)
      process.stdout.write(`\r\x1b[2Kstep ${step} of ${settings.steps}  loss ${loss.toFixed(3)} `)
    stopped ||= time().minutes - before.minutes >= options.minutes
    const isLast = step === settings.steps || stopped
    if (step % every !== 0 && !isLast) continue

    const held = await training.heldLoss(tries[isLast ? 1 : 0])
    let sample = options.prompt ?? ''
    const from = { prompt: first, count: options.sample, key: fold(key(settings.seed), 2 + step) }
    for await (const place of generate(training.model, training.tree.params, {
      ...from,
      temperature: options.temperature,
    }))
      sample += alphabet[place]
    const mean = losses.reduce((a, b) => a + b, 0) / losses.length
    losses = []
    points.push({ step, loss: mean, held, ...time(), sample })
    await saveCheckpoint(options.checkpoint, training.tree, { step, settings, alphabet, digest, points })
    if (process.stdout.isTTY) process.stdout.write('\r\x1b[2K')
    console.log(summary(points.at(-1) as Point))
    console.log(`${sample.trimEnd().replace(/^/gm, '    ')}\n`)
  }
  const sizes = [text.train.length, text.held.length] as const
  if (points.length > 0)
    writeFileSync(options.out, page({ name: basename(path), sizes, alphabet, parameters, settings, points }))
  console.log(`Checkpoint: ${resolve(options.checkpoint)}\nReport: ${resolve(options.out)}`)
}

function summary({ step, loss, held, minutes, processor }: Point): string {
  const times = `${minutes.toFixed(1)} minutes, ${processor.toFixed(1)} of the processor`
  return `step ${step}: loss ${loss.toFixed(3)}, held back ${held.toFixed(3)} nats per character; ${times}`
}

/** What every text begins after, or the first character that there is. */
function newLine(alphabet: readonly string[]): string {
  return alphabet.includes('\n') ? '\n' : (alphabet[0] as string)
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof InputError)) throw error
  console.error(error.message)
  process.exitCode = 2
}
