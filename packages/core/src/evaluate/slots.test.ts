import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { describe, expect, it } from 'vitest'
import * as w from '../index.ts'
import { makePlan } from './plan.ts'

const backends = { loops: cpu({ wasm: false }), WebAssembly: cpu({ wasm: 'always' }) }

describe('slots', () => {
  const x = w.tensor([1, 2, 3, 4, 5, 6], { shape: [2, 3] })

  /** How many kernels of a plan write what they read. */
  const overwriting = (output: w.Tensor, inPlace: boolean): number =>
    makePlan({ ...backends.loops, inPlace }, w.tape([output])).steps.filter(({ inputs, outputs }) =>
      inputs.some((at) => outputs.includes(at)),
    ).length

  it('are written over where their last reader reads them in order, on backends that allow it', () => {
    const y = w.softmax(w.matmul(x, x.transpose()))
    expect(overwriting(y, true)).toBeGreaterThan(0)
    expect(overwriting(y, false)).toBe(0)
  })

  it('are not where somebody reads them later, or a kernel reads them in another order', () => {
    const product = w.matmul(x, x.transpose())
    const sums = w.sum(product, { axis: 1, keepDims: true })
    expect(overwriting(product.div(product.transpose()).add(sums), true)).toBe(0)
  })

  const sizes = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 37 }))
  const moves: readonly ((a: w.Tensor, b: w.Tensor) => w.Tensor)[] = [
    (a, b) => w.softmax(a).mul(b),
    (a, b) => a.sub(w.mean(b, { axis: 0 })),
    (a, b) => w.tanh(a).div(w.sum(b.square(), { axis: 1, keepDims: true }).add(1)),
    (a, b) => w.matmul(w.matmul(a, b.transpose()), b).mul(0.01),
    (a, b) =>
      a
        .square()
        .neg()
        .exp()
        .add(w.max(b, { axis: 1, keepDims: true })),
    (a, b) => w.where(a.greater(b), a.mul(b), a.sub(1)),
    (a) => w.flip(a, { axis: 1 }).mul(0.5),
  ]
  const programs = fc.array(fc.tuple(fc.nat(moves.length - 1), fc.nat(20), fc.nat(20)), { minLength: 1, maxLength: 10 })

  for (const [name, backend] of Object.entries(backends))
    test.prop([sizes, programs, fc.constantFrom('f32' as const, 'f64' as const)])(
      `written over give the same bits, ${name}`,
      (shape, program, dtype) => {
        const [x, y] = w.split(w.key(1)).map((k) => w.normal(k, shape, { dtype }).dataSync({ backend }))
        let middle = w.zeros([])
        const loss = (a: w.Tensor, b: w.Tensor): w.Tensor => {
          const values = [a, b]
          for (const [move, i, j] of program) {
            const [p, q] = [i, j].map((at) => values[at % values.length] as w.Tensor) as [w.Tensor, w.Tensor]
            values.push((moves[move] as (typeof moves)[number])(p, q))
          }
          middle = values[values.length >> 1] as w.Tensor
          return w.sum(values.at(-1) as w.Tensor)
        }
        const [a, b] = [x, y].map((data) => w.tensor(data as w.TypedArray, { shape })) as [w.Tensor, w.Tensor]
        const outputs = [w.grad(loss)(a, b), loss(a, b), middle]
        const [wanted, found] = [false, true].map((inPlace) =>
          w.replay([a, b], outputs, { backend: { ...backend, inPlace } })([x, y] as w.TypedArray[]),
        )
        expect(found).toEqual(wanted)
      },
    )
})
