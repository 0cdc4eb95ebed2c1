import { data, type Tensor, type TypedArray, ValueError } from '@wengert/core'
import { hostIsLittleEndian } from './elements.ts'
import { toF16 } from './half.ts'
import { namedTensors } from './names.ts'
import { longestHeader, prefix, written } from './safetensorsHeader.ts'

/** What the writer says of the tensors, such as a version or the step of the training. */
export type Metadata = Readonly<Record<string, string>>

/**
 * Writes a tree of tensors as a file of safetensors, which PyTorch, JAX and others read. Take it for parameters and for
 * the whole state of a training; for files on disk take `saveSafetensors` of @wengert/data/node.
 *
 * A tensor's name is its dotted path: `tree.layers[0].weight` is `layers.0.weight`. Empty arrays and objects leave no
 * trace, and an object with just the keys 0, 1, … reads back as an array; `restore` brings both back. dtypes are kept:
 * f32, f64, i32, bool and f16 are F32, F64, I32, BOOL and F16. Wide elements come first, so each lies where its width
 * divides the address; equal trees give equal bytes.
 * Errors: a TreeError for a lone tensor and for keys with dots.
 * Source: the safetensors format, github.com/huggingface/safetensors.
 *
 * @example
 * const bytes = await formatSafetensors({ weight: ones([2, 3]), bias: zeros([2]) }, { step: '10' })
 * bytes.length % 8 // 0
 */
export async function formatSafetensors(tree: unknown, metadata: Metadata = {}): Promise<Uint8Array> {
  const parts = await safetensorsParts('formatSafetensors', tree, metadata)
  const bytes = new Uint8Array(parts.reduce((total, { length }) => total + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** The pieces of the file in order: length and header, then each tensor. */
export async function safetensorsParts(fn: string, tree: unknown, metadata: Metadata): Promise<Uint8Array[]> {
  const tensors = [...namedTensors(fn, tree)]
    .map(([name, x]) => ({ name, x }))
    .sort((a, b) => written[b.x.dtype].bytes - written[a.x.dtype].bytes || (a.name < b.name ? -1 : 1))
  checkNames(fn, tensors, metadata)
  const values = await data(tensors.map(({ x }) => x))
  const pieces = tensors.map(({ x }, i) => bytesOf(x, values[i] as TypedArray))
  let end = 0
  const entries = tensors.map(({ name, x: { dtype, shape } }, i) => {
    const begin = end
    end += (pieces[i] as Uint8Array).length
    return [name, { dtype: written[dtype].name, shape, data_offsets: [begin, end] }] as const
  })
  const about = Object.keys(metadata).length > 0 ? [['__metadata__', metadata] as const] : []
  return [header(fn, JSON.stringify(Object.fromEntries([...about, ...entries]))), ...pieces]
}

function checkNames(fn: string, tensors: readonly { readonly name: string }[], metadata: Metadata): void {
  if (tensors.some(({ name }) => name === '__metadata__'))
    throw new ValueError(
      `${fn}: tree must not have the key __metadata__, got it. The format needs the name for itself.`,
    )
  for (const [key, value] of Object.entries(metadata))
    if (typeof value !== 'string' || key === '__proto__')
      throw new ValueError(
        `${fn}: metadata must consist of strings under keys other than __proto__, got ${typeof value} at ${JSON.stringify(key)}. ` +
          'Write numbers with String(…).',
      )
}

/** Length and text, with spaces behind it so that tensors begin at a multiple of 8. */
function header(fn: string, json: string): Uint8Array {
  const text = new TextEncoder().encode(json)
  const length = Math.ceil(text.length / 8) * 8
  if (length > longestHeader)
    throw new ValueError(`${fn}: names and metadata must fit into ${longestHeader} bytes, got ${length}.`)
  const bytes = new Uint8Array(prefix + length).fill(32)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true)
  bytes.set(text, prefix)
  return bytes
}

const writers = {
  f16: { bytes: 2, write: (view: DataView, at: number, x: number) => view.setUint16(at, toF16(x), true) },
  i32: { bytes: 4, write: (view: DataView, at: number, x: number) => view.setInt32(at, x, true) },
  f32: { bytes: 4, write: (view: DataView, at: number, x: number) => view.setFloat32(at, x, true) },
  f64: { bytes: 8, write: (view: DataView, at: number, x: number) => view.setFloat64(at, x, true) },
} as const

function bytesOf({ dtype }: Tensor, values: TypedArray): Uint8Array {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  if (dtype === 'bool' || (dtype !== 'f16' && hostIsLittleEndian)) return bytes
  const { bytes: width, write } = writers[dtype]
  const view = new DataView(new ArrayBuffer(width * values.length))
  values.forEach((value, i) => void write(view, i * width, value))
  return new Uint8Array(view.buffer)
}
