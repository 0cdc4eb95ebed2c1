/** Trains the digit classifier in a web page, on the GPU where there is one, and reads what one draws meanwhile. */
import { useBackend } from '@wengert/core'
import { digits } from '../digits/digits.ts'
import { count } from '../digits/format.ts'
import { hidden } from '../digits/model.ts'
import { type Prepared, picturesIn, prepare } from '../digits/prepare.ts'
import { byId } from './dom.ts'
import { graphicsProcessor, processor } from './machines.ts'
import { Session } from './session.ts'
import { batchSize } from './training.ts'

const status = byId('status', HTMLElement)
const say = (sentence: string): void => {
  status.textContent = sentence
}

async function main(): Promise<void> {
  const cpu = processor()
  // The data set is made ready on the host, whatever trains on it then.
  useBackend(cpu.backend)
  const file = await fetch(new URL('../data/digits.csv', import.meta.url))
  const dataset = prepare(picturesIn(await file.text()))
  showFacts(dataset)
  new Session({ dataset, cpu, gpu: await graphicsProcessor(), say }).start()
}

/** What the page shows, for people who want to know. */
function showFacts({ train, test, height, width, classes }: Prepared): void {
  const [rows, held] = [train.labels.shape[0] as number, test.labels.shape[0] as number]
  byId('facts', HTMLElement).textContent =
    `${count(rows)} images of ${height} × ${width} pixels to learn from, ${count(held)} held back for testing. ` +
    `The network: dense ${height * width} → ${hidden} → ${classes} with relu; Adam on batches of ${batchSize}, gradients clipped to norm 1.`
  byId('credit', HTMLElement).textContent = digits.credit
}

main().catch((error: unknown) => {
  say(`The page could not start: ${error instanceof Error ? error.message : error}`)
  reportError(error)
})
