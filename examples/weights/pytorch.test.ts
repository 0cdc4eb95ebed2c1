/**
 * Weights that PyTorch made, with the outputs that it gave: written here as PyTorch writes safetensors, by other code than ours,
 * then loaded into our layers.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cpu } from '@wengert/backend-cpu'
import { key, type Pair, type Tensor, tensor, useBackend } from '@wengert/core'
import { parseSafetensors, restore } from '@wengert/data'
import { conv2d, gru, gruCell, multiHeadAttention } from '@wengert/nn'
import { beforeAll, describe, expect, it } from 'vitest'

interface Figures {
  readonly shape: readonly number[]
  readonly data: readonly number[]
}

interface Case {
  readonly inputs: Readonly<Record<string, Figures>>
  readonly options: Readonly<Record<string, unknown>>
  readonly expected: Readonly<Record<string, Figures>>
}

const fixtures = join(import.meta.dirname, '../../packages/testing/fixtures/golden')
const casesOf = (name: string): readonly Case[] =>
  JSON.parse(readFileSync(join(fixtures, `${name}.json`), 'utf8')).cases

const dtypes = ['f32', 'f64'] as const
type Float = (typeof dtypes)[number]

/** What `save_file(module.state_dict(), path, {'format': 'pt'})` writes: names in order of the alphabet, numbers one behind the other. */
function pyTorchFile(dtype: Float, state: Readonly<Record<string, Figures | undefined>>): Uint8Array {
  const width = dtype === 'f32' ? 4 : 8
  const names = Object.keys(state)
    .filter((name) => state[name])
    .sort()
  const numbers: number[] = []
  const entries = names.map((name) => {
    const { shape, data } = state[name] as Figures
    const begin = numbers.length * width
    numbers.push(...data)
    return `"${name}":{"dtype":"F${8 * width}","shape":[${shape}],"data_offsets":[${begin},${numbers.length * width}]}`
  })
  // Batch normalization brings a count in I64 along.
  const count = `"norm.num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[${numbers.length * width},${numbers.length * width + 8}]}`
  const header = `{"__metadata__":{"format":"pt"},${[...entries, count].join(',')}}`
  const view = new DataView(new ArrayBuffer(8 + header.length + numbers.length * width + 8))
  view.setUint32(0, header.length, true)
  for (let i = 0; i < header.length; i++) view.setUint8(8 + i, header.charCodeAt(i))
  numbers.forEach((value, i) => {
    const at = 8 + header.length + i * width
    if (dtype === 'f32') view.setFloat32(at, value, true)
    else view.setFloat64(at, value, true)
  })
  view.setUint32(view.byteLength - 8, 3, true)
  return new Uint8Array(view.buffer)
}

/** Fresh parameters, exchanged for those of a file, whose names begin with that of the module and may end in that of a layer. */
function loaded<P>(fresh: P, file: Uint8Array, prefix: string): P {
  const rename = (name: string): string | null =>
    name.startsWith(`${prefix}.`) ? name.slice(prefix.length + 1).replace(/_l0$/, '') : null
  return restore(fresh, parseSafetensors(file).tree, { rename })
}

const sizes = ({ shape }: Figures | undefined = { shape: [], data: [] }): readonly number[] => shape

describe.each(dtypes)('weights of PyTorch in %s', (dtype) => {
  beforeAll(() => useBackend(cpu()))

  const given = ({ data, shape }: Figures = { shape: [0], data: [] }): Tensor =>
    tensor(Float64Array.from(data), { shape, dtype })
  const expectClose = (actual: Tensor, wanted: Figures | undefined): void => {
    expect(actual.shape).toEqual(wanted?.shape)
    const tolerance = dtype === 'f32' ? 2e-6 : 1e-12
    const differences = Array.from(actual.dataSync(), (value, i) => Math.abs(value - (wanted?.data[i] as number)))
    expect(Math.max(...differences)).toBeLessThan(tolerance)
  }

  it.each(casesOf('multiHeadAttention'))('load into multiHeadAttention %#', ({ inputs, options, expected }) => {
    const { x, wIn, bIn, wOut, bOut } = inputs
    const file = pyTorchFile(dtype, {
      'attn.in_proj_weight': wIn,
      'attn.in_proj_bias': bIn,
      'attn.out_proj.weight': wOut,
      'attn.out_proj.bias': bOut,
    })
    const features = sizes(x).at(-1) as number
    const layer = multiHeadAttention({
      features,
      heads: options.heads as number,
      causal: options.causal as boolean,
      dtype,
    })
    expectClose(layer.apply(loaded(layer.init(key(0)), file, 'attn'), given(x)), expected.output)
  })

  it.each(casesOf('gru'))('load into gru %#', ({ inputs, expected }) => {
    const { x, h0, wIh, wHh, bIh, bHh } = inputs
    const file = pyTorchFile(dtype, {
      'rnn.weight_ih_l0': wIh,
      'rnn.weight_hh_l0': wHh,
      'rnn.bias_ih_l0': bIh,
      'rnn.bias_hh_l0': bHh,
    })
    const layer = gru({ in: sizes(wIh)[1] as number, out: sizes(wHh)[1] as number, dtype })
    const [output, last] = layer.run(loaded(layer.init(key(0)), file, 'rnn'), given(x), given(h0))
    expectClose(output, expected.output)
    expectClose(last, expected.hn)
    // Told its number of layers, the layer has PyTorch's names itself.
    const named = gru({ in: sizes(wIh)[1] as number, out: sizes(wHh)[1] as number, layers: 1, dtype })
    const rename = (name: string): string | null => (name.startsWith('rnn.') ? name.slice(4) : null)
    const params = restore(named.init(key(0)), parseSafetensors(file).tree, { rename })
    expectClose(named.run(params, given(x), given(h0).expandDims(0))[0], expected.output)
  })

  it.each(casesOf('gruCell').filter(({ options }) => options.variant === 'pytorch'))(
    'load into gruCell %#',
    ({ inputs, expected }) => {
      const { x, h, wIh, wHh, bIh, bHh } = inputs
      const file = pyTorchFile(dtype, {
        'cell.weight_ih': wIh,
        'cell.weight_hh': wHh,
        'cell.bias_ih': bIh,
        'cell.bias_hh': bHh,
      })
      const layer = gruCell({ in: sizes(wIh)[1] as number, out: sizes(wHh)[1] as number, dtype })
      expectClose(layer.apply(loaded(layer.init(key(0)), file, 'cell'), given(x), given(h)), expected.output)
    },
  )

  it.each(casesOf('conv2d'))('load into conv2d %#', ({ inputs, options, expected }) => {
    const { x, weight, bias } = inputs
    const file = pyTorchFile(dtype, { 'conv.weight': weight, 'conv.bias': bias })
    const [out = 0, , ...kernel] = sizes(weight)
    const shape = { in: sizes(x)[1] as number, out, kernel: kernel as unknown as Pair }
    const layer = conv2d({ ...shape, ...options, bias: bias !== undefined, dtype })
    expectClose(layer.apply(loaded(layer.init(key(0)), file, 'conv'), given(x)), expected.output)
  })
})
