import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { type DType, leaves, type Shape, sizeOf, type Tensor, tensor, useBackend } from '@wengert/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { shapes } from './index.ts'
import { literal as literalOf } from './literal.ts'
import { tensorLiteral } from './tensorLiteral.ts'

const literal = (value: unknown): string => literalOf(value, tensorLiteral)

beforeAll(() => useBackend(cpu()))

/** What the text makes. */
const evaluated = (text: string): unknown => new Function('tensor', `return ${text}`)(tensor)

/** Dtypes whose values the CPU can be asked for. */
type OnCpu = Exclude<DType, 'f16'>

const numbers: Record<OnCpu, fc.Arbitrary<number>> = {
  f64: fc.double(),
  f32: fc.float(),
  i32: fc.integer(),
  bool: fc.constantFrom(0, 1),
}

const drawn = fc
  .tuple(fc.constantFrom<OnCpu>('f64', 'f32', 'i32', 'bool'), shapes({ minSize: 0, maxSize: 3 }))
  .chain(([dtype, shape]: [OnCpu, Shape]) => {
    const size = sizeOf(shape)
    return fc
      .array(numbers[dtype], { minLength: size, maxLength: size })
      .map((list) => tensor(Float64Array.from(list), { shape, dtype }))
  })

const plain = (x: Tensor): unknown => [x.dtype, x.shape, [...x.dataSync()]]

describe('literal', () => {
  test.prop([drawn])('of a tensor makes the same dtype, shape and bits', (x) => {
    expect(plain(evaluated(literal(x)) as Tensor)).toEqual(plain(x))
  })

  test.prop([fc.object({ withNullPrototype: false })])('of a tree makes the same tree', (tree) => {
    expect(evaluated(`(${literal(tree)})`)).toEqual(tree)
  })

  it('of tensors in trees holds them all', () => {
    const tree = [{ w: tensor([1, 2]), 'my bias': tensor(3) }, tensor([true]).not(), "a\\'b\nc"]
    expect(literal(tree)).toBe("[{ w: tensor([1, 2]), 'my bias': tensor(3) }, tensor([false]), 'a\\\\\\'b\\nc']")
    const [params, mask] = evaluated(literal(tree)) as unknown[]
    expect(leaves([params, mask]).map(plain)).toEqual(leaves(tree.slice(0, 2)).map(plain))
  })

  it('writes f32 in as few digits as it needs', () => {
    expect(literal(tensor([0.1, 1 / 3, 2 ** -149, 16777217]))).toBe('tensor([0.1, 0.33333334, 1e-45, 16777216])')
  })
})
