/**
 * Finds the declaration that a sentence describes: a dual encoder, trained on the doc comments of JavaScript and of browsers with three
 * losses, tried on comments that it has not seen. With --ask it answers what one types.
 */
import { createInterface } from 'node:readline/promises'
import { parseArgs } from 'node:util'
import { cpu } from '@wengert/backend-cpu'
import { arange, data, eye, key, mean, permutation, type Tensor, tensor, topK, useBackend } from '@wengert/core'
import { decoupledSoftmaxLoss, mannWhitneyLoss, multiLabelInfoNceLoss, recallAtK, rocAuc } from '@wengert/losses'
import { cosines, dualEncoder, type EncoderParams } from './encoder.ts'
import { libraries, loadTexts, type Query } from './texts.ts'
import { type RetrievalLoss, train } from './train.ts'
import { wordIds } from './words.ts'

const { values: flags } = parseArgs({
  options: {
    epochs: { type: 'string', default: '8' },
    library: { type: 'string', default: 'all' },
    size: { type: 'string', default: '64' },
    ask: { type: 'boolean', default: false },
  },
})
const [epochs, size] = [Number(flags.epochs), Number(flags.size)]
for (const [flag, n] of [['--epochs', epochs] as const, ['--size', size] as const])
  if (!Number.isInteger(n) || n < 1) throw new Error(`${flag} must be an integer of at least 1, got ${n}.`)

const library = flags.library as keyof typeof libraries
if (!Object.hasOwn(libraries, library))
  throw new Error(`--library must be one of ${Object.keys(libraries).join(', ')}, got ${flags.library}.`)

/** Temperatures are the losses' own but for mannWhitneyLoss, whose 0.01 is meant for longer training. */
const losses: Readonly<Record<string, RetrievalLoss>> = {
  decoupledSoftmaxLoss,
  multiLabelInfoNceLoss,
  mannWhitneyLoss: (scores, belongs) => {
    const B = scores.shape[0] as number
    // Documents of the same comment are no negatives of it.
    const mask = belongs.not().or(eye(B, { dtype: 'bool' }))
    return mannWhitneyLoss(scores, arange(B, { dtype: 'i32' }), { mask, temperature: 0.05 })
  },
}

useBackend(cpu())
const { queries, documents } = loadTexts(library)
const order = Array.from(permutation(key(0), queries.length).dataSync())
const held = Math.round(queries.length / 5)
const [test, learned] = [order.slice(0, held), order.slice(held)].map((rows) =>
  rows.map((i) => queries[i] as Query),
) as [Query[], Query[]]
const found = wordIds(documents)
const asked = (of: readonly Query[]): Tensor => wordIds(of.map(({ text }) => text))
console.log(
  `${learned.length} comments to learn from, ${test.length} to ask for; ${documents.length} declarations to find`,
)
console.log(`${epochs} epochs, batches of ${size}\n`)
console.log(`${''.padEnd(26)}${['recall@1', 'recall@5', 'recall@20', 'AUC'].map((name) => name.padStart(11)).join('')}`)

let best: { params: EncoderParams; recall: number } | null = null
for (const [name, loss] of Object.entries({ 'not trained': null, ...losses })) {
  const collection = { queries: learned, asked: asked(learned), documents: found }
  const params = loss ? await train(collection, { loss, epochs, size, seed: 0 }) : dualEncoder.init(key(0))
  const scores = cosines(dualEncoder.ask(params, asked(test)), dualEncoder.find(params, found))
  const relevance = relevanceOf(test)
  const [one, five, twenty, area] = (
    await data([
      ...[1, 5, 20].map((k) => mean(recallAtK(scores, relevance, k))),
      rocAuc(scores.reshape([-1]), relevance.reshape([-1])),
    ])
  ).map(([value]) => value as number) as [number, number, number, number]
  const cells = [one, five, twenty, area].map((value) => value.toFixed(3).padStart(11))
  console.log(`${name.padEnd(26)}${cells.join('')}`)
  if (!best || five > best.recall) best = { params, recall: five }
}
if (flags.ask && best) await answer(best.params)

/** 1 where a declaration answers a query, f32 [queries, documents]. */
function relevanceOf(of: readonly Query[]): Tensor {
  const cells = new Float32Array(of.length * documents.length)
  of.forEach(({ answers }, i) => {
    for (const place of answers) cells[i * documents.length + place] = 1
  })
  return tensor(cells, { shape: [of.length, documents.length] })
}

/** Reads sentences line by line, and prints the declarations nearest to each. */
async function answer(params: EncoderParams): Promise<void> {
  const library = dualEncoder.find(params, found)
  const input = createInterface({
    input: process.stdin,
    output: process.stdout,
    prompt: process.stdin.isTTY ? '\nWhat should it do? ' : '',
  })
  input.prompt()
  for await (const line of input) {
    const scores = cosines(dualEncoder.ask(params, wordIds([line])), library)
    const { indices } = topK(scores, 5)
    for (const place of await indices.data()) console.log(`  ${documents[place]}`)
    input.prompt()
  }
}
