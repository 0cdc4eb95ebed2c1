import { mapTree, type Tensor } from '@wengert/core'
import { htmlPage, table } from '../report/htmlPage.ts'

/** A tensor of the file. */
export interface Row {
  readonly name: string
  readonly x: Tensor
}

export interface Page {
  readonly file: {
    readonly bytes: number
    readonly metadata: Readonly<Record<string, string>>
    readonly rows: readonly Row[]
  }
  /** Epoch after which the file was saved, and the last one. */
  readonly half: number
  readonly epochs: number
  readonly sameLogits: boolean
  readonly sameState: boolean
  /** Shares of the test digits read right: when saved, at the end in one go, at the end resumed. */
  readonly accuracies: readonly [saved: number, straight: number, resumed: number]
}

/** The tensors of a tree with their names. */
export function rowsOf(tree: unknown): Row[] {
  const rows: Row[] = []
  mapTree((x, path) => {
    rows.push({ name: path.join('.'), x })
    return x
  }, tree)
  return rows
}

/** What is in the file, and what became of it. */
export function page({ file, half, epochs, sameLogits, sameState, accuracies }: Page): string {
  const [saved, straight, resumed] = accuracies.map((share) => `${(100 * share).toFixed(1)} %`)
  const sizeOf = (x: Tensor): number => (x.dataSync() as Uint8Array).byteLength
  const pieces = file.rows.map(({ name, x }, i) => {
    const title = `${name}: ${sizeOf(x)} bytes`
    return `<span class="hue-${i % 6}" style="flex: ${sizeOf(x)} 0 2px; background: var(--hue)" title="${title}"></span>`
  })
  const weights = file.rows.find(({ name }) => name === 'params.0.weight') as Row
  return htmlPage({
    title: 'Weights in a file',
    body: `<p>A classifier of digits was saved after epoch ${half} with its optimizer's state: ${file.bytes} bytes of safetensors, which other
frameworks read too. Loaded into fresh parameters, it gives ${sameLogits ? 'the same logits, bit for bit' : 'other logits'}. Trained on to epoch ${epochs},
the loaded one and the one that was never saved have ${sameState ? 'the same parameters and the same optimizer, bit for bit' : 'parameters that differ'}.</p>
${table(
  ['', 'test digits read right'],
  [
    [`after epoch ${half}, as saved`, saved as string],
    [`after epoch ${epochs}, in one go`, straight as string],
    [`after epoch ${epochs}, resumed from the file`, resumed as string],
  ],
)}
<h2>What the file holds</h2>
<div style="display: flex; gap: 1px; height: 2rem">
${pieces.join('\n')}
</div>
${table(
  ['', 'dtype', 'shape', 'bytes'],
  file.rows.map(({ name, x }) => [name, x.dtype, `[${x.shape.join(', ')}]`, String(sizeOf(x))]),
)}
<p>Beside them, as text: ${Object.entries(file.metadata)
      .map(([key, value]) => `${key} ${value}`)
      .join(', ')}.</p>
<h2>What 16 of the hidden units look for</h2>
<p>Weights of the first layer as they lie in the file, one picture a unit: blue where ink speaks for it, brown where it speaks against it.</p>
<div class="row">
${Array.from({ length: 16 }, (_, unit) => tile(weights.x.dataSync(), unit)).join('\n')}
</div>`,
  })
}

const side = 8

/** The weights of one unit, each a square whose strength is that of the weight. */
function tile(weights: ArrayLike<number>, unit: number): string {
  const own = Array.from({ length: side * side }, (_, i) => weights[unit * side * side + i] as number)
  const greatest = Math.max(...own.map(Math.abs))
  const squares = own.map((weight, i) => {
    const [x, y] = [i % side, Math.floor(i / side)]
    const opacity = (Math.abs(weight) / greatest).toFixed(2)
    return `<rect class="hue-${weight > 0 ? 0 : 1}" fill="var(--hue)" fill-opacity="${opacity}" x="${x}" y="${y}" width="1" height="1"/>`
  })
  return `<svg viewBox="0 0 ${side} ${side}" style="width: 96px" role="img" aria-label="unit ${unit}">${squares.join('')}</svg>`
}
