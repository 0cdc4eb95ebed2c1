import type { Tensor, Tree } from '@wengert/core'
import { checkBytes, tensorOf } from './elements.ts'
import { shown } from './formatError.ts'
import { treeOf } from './names.ts'
import { type Entry, type Header, headerLength, parseHeader, prefix } from './safetensorsHeader.ts'

/** What a file of safetensors holds. */
export interface Safetensors {
  /** The tensors, each at the place that its dotted name says: `layers.0.weight` is `tree.layers[0].weight`. */
  readonly tree: Tree
  /** What the writer says of them, such as a version. */
  readonly metadata: Readonly<Record<string, string>>
}

/**
 * Reads a file of safetensors, the format in which most weights of today are passed on: a header in JSON, and numbers.
 * Give the tree to `restore`, which puts it into a model. For files on disk there is `loadSafetensors` of
 * @wengert/data/node, which does not hold the file beside its tensors.
 *
 * Names are dotted paths; what has just the keys 0, 1, … becomes an array. F32, F64, I32 and BOOL keep their types. F16
 * and BF16 become f32, other integers i32: PyTorch counts in I64, so this is taken wherever i32 can hold the values,
 * and refused elsewhere. Eight-bit floats and complex numbers are refused.
 * Errors: the header is checked as a whole (length, JSON, types, shapes, and that tensors fill the file without holes or
 * overlaps) before a tensor is made; what does not hold is a FormatError.
 * Source: the safetensors format, github.com/huggingface/safetensors.
 *
 * @example
 * const bytes = await formatSafetensors({ layers: [{ weight: tensor([1, 2]) }] })
 * const { tree } = parseSafetensors(bytes)
 * leaves(tree)[0] // 1, 2
 */
export function parseSafetensors(bytes: Uint8Array): Safetensors {
  const fn = 'parseSafetensors'
  checkBytes(fn, bytes)
  const length = headerLength(fn, bytes, bytes.length)
  const data = bytes.subarray(prefix + length)
  const header = parseHeader(fn, bytes.subarray(prefix, prefix + length), data.length)
  return assemble(
    fn,
    header,
    header.entries.map((entry) => tensorAt(fn, entry, data.subarray(entry.begin, entry.end))),
  )
}

/** The tensor that an entry describes, from its bytes. */
export function tensorAt(fn: string, { name, type, shape }: Entry, bytes: Uint8Array): Tensor {
  return tensorOf(`${fn}: tensor ${shown(name)}`, bytes, type, { shape, littleEndian: true })
}

/** What a file holds, from the tensors of its entries. */
export function assemble(fn: string, { entries, metadata }: Header, tensors: readonly Tensor[]): Safetensors {
  const named = new Map(entries.map(({ name }, i) => [name, tensors[i] as Tensor]))
  return { tree: treeOf(fn, named), metadata }
}
