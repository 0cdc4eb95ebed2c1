import { parseArgs } from 'node:util'
import { InputError } from '../digits/inputError.ts'
import type { Settings } from './training.ts'

export interface Options {
  readonly settings: Settings
  /** A file of text; null for the declarations of browsers. */
  readonly text: string | null
  /** When to stop, whatever steps are left. */
  readonly minutes: number
  readonly checkpoint: string
  readonly resume: boolean
  /** How many characters to write without training; null to train. */
  readonly generate: number | null
  /** What samples begin with; null for a new line. */
  readonly prompt: string | null
  readonly temperature: number
  /** Characters of a sample while it trains. */
  readonly sample: number
  readonly out: string
}

export const help = `Trains a small transformer to write like a text, and shows what it writes while it learns.

  node --conditions=@wengert/source examples/char-gpt/main.ts [options]

  --text <file>          the text (default: lib.dom.d.ts of the installed TypeScript)
  --steps <n>            steps in all (default: 5000)
  --minutes <n>          stops after so many minutes; go on with --resume
  --checkpoint <file>    where parameters and optimizer are kept (default: char-gpt.safetensors)
  --resume               goes on from the checkpoint, with its settings
  --generate <n>         writes n characters from the checkpoint instead of training
  --prompt <text>        what it shall go on with (default: a new line)
  --temperature <t>      0 always takes the likeliest character, 1 follows the probabilities (default: 0.8)
  --sample <n>           characters of what it writes while it learns (default: 400)
  --features <n> --heads <n> --layers <n> --context <n> --batch <n> --lr <rate> --seed <n>
                         the model and its training (default: 64, 4, 4, 96, 4, 0.003, 0)
  --out <file>           where to write the report (default: char-gpt.html)
  --help                 shows this text`

/** The options on a command line; null where it asks for help. */
export function parseOptions(args: readonly string[]): Options | null {
  const values = parsed(args)
  if (values.help) return null
  const count = (flag: keyof typeof values, least = 1): number =>
    number(flag, String(values[flag]), (n) => Number.isInteger(n) && n >= least, `an integer of at least ${least}`)
  const positive = (n: number): boolean => n > 0
  return {
    settings: {
      features: count('features'),
      heads: count('heads'),
      layers: count('layers'),
      context: count('context'),
      batch: count('batch'),
      lr: number('lr', values.lr, (n) => positive(n) && Number.isFinite(n), 'positive'),
      steps: count('steps'),
      seed: count('seed', 0),
    },
    text: values.text ?? null,
    minutes: number('minutes', values.minutes, positive, 'positive'),
    checkpoint: values.checkpoint,
    resume: values.resume,
    generate: values.generate === undefined ? null : count('generate'),
    prompt: values.prompt ?? null,
    temperature: number('temperature', values.temperature, (t) => t >= 0, 'at least 0'),
    sample: count('sample'),
    out: values.out,
  }
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        text: { type: 'string' },
        steps: { type: 'string', default: '5000' },
        minutes: { type: 'string', default: 'Infinity' },
        checkpoint: { type: 'string', default: 'char-gpt.safetensors' },
        resume: { type: 'boolean', default: false },
        generate: { type: 'string' },
        prompt: { type: 'string' },
        sample: { type: 'string', default: '400' },
        temperature: { type: 'string', default: '0.8' },
        features: { type: 'string', default: '64' },
        heads: { type: 'string', default: '4' },
        layers: { type: 'string', default: '4' },
        context: { type: 'string', default: '96' },
        batch: { type: 'string', default: '4' },
        lr: { type: 'string', default: '0.003' },
        seed: { type: 'string', default: '0' },
        out: { type: 'string', default: 'char-gpt.html' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values
  } catch (error) {
    const [sentence] = (error as Error).message.split(/[.\n]/)
    throw new InputError(`${sentence}. Try --help.`)
  }
}

function number(flag: string, text: string, fits: (n: number) => boolean, expected: string): number {
  const n = text.trim() === '' ? Number.NaN : Number(text)
  if (!fits(n)) throw new InputError(`--${flag} must be ${expected}, got ${JSON.stringify(text)}.`)
  return n
}
