import { cpu } from '@wengert/backend-cpu'
import * as w from '@wengert/core'
import { checkClose } from './check.ts'
import type { Case } from './conformance.ts'
import { numbers } from './inputs.ts'
import { factors, productOf } from './matrixLayouts.ts'
import { productMaps } from './productMaps.ts'
import { type Given, runKernel, separately } from './runKernel.ts'

const scalars = [0.5, 0.25]

const names = Object.keys(productMaps)

/** By which maps a product is followed: the plainest products by all, of the others some by none. */
function mapsOf(product: number): readonly (string | null)[] {
  if (product < 2) return names
  return [product % 4 === 2 ? null : (names[product % names.length] as string)]
}

/**
 * Products whose operands have several axes for rows or columns, and maps of what products yield, each compared with copies,
 * the product and the map as kernels of their own. Of a backend that says `fusesMatmul` alone.
 */
export function fusedProducts(tolerance: number): readonly Case[] {
  const oracle = cpu({ wasm: false })
  return (['f16', 'f32', 'f64'] as const).flatMap((dtype) => {
    // The CPU computes halves in f32; the numbers are such that both are exact.
    const exact = dtype === 'f16' ? 'f32' : dtype
    return Object.entries(factors).map(([name, layouts], product): Case => {
      const run = async (backend: w.Backend): Promise<void> => {
        if (!backend.fusesMatmul || !backend.dtypes.has(dtype)) return
        for (const map of mapsOf(product)) {
          const kernel = fused(productOf(layouts, dtype), map)
          const same = fused(productOf(layouts, exact), map)
          const actual = await runKernel(
            backend,
            kernel,
            givenTo(kernel),
            scalars.slice(0, kernel.epilogue?.scalars.length ?? 0),
          )
          const wanted = await unfused(oracle, same, givenTo(same))
          w.outputsOf(kernel).forEach((output, i) => {
            const what = `matmul of ${name}, epilogue ${map ?? 'none'}, output ${i}`
            checkClose(what, actual[i] as w.TypedArray, wanted[i] as w.TypedArray, output.dtype, tolerance)
          })
        }
      }
      return { name: `fused matmul of ${name} in ${dtype}`, run }
    })
  })
}

function fused(product: w.MatmulKernel, map: string | null): w.MatmulKernel {
  return map === null ? product : { ...product, epilogue: productMaps[map]?.(product) as w.MapBody }
}

/** Small whole numbers for each input, as many as it reads. */
function givenTo({ a, b, epilogue }: w.MatmulKernel): Given[] {
  return [a, b, ...(epilogue?.inputs.slice(1) ?? [])].map(({ shape, strides, offset, dtype }, seed) => {
    const most = shape.reduce((at, n, axis) => at + Math.max(0, (n - 1) * (strides[axis] as number)), offset)
    const some = numbers(most + 1, { dtype: dtype === 'bool' ? 'bool' : 'i32', seed })
    const values = some.map((v) => Math.trunc(v / 3))
    if (dtype === 'bool') return { data: Uint8Array.from(some), dtype }
    if (dtype === 'i32') return { data: Int32Array.from(values), dtype }
    return { data: dtype === 'f64' ? Float64Array.from(values) : Float32Array.from(values), dtype }
  })
}

/** The same by kernels that every backend knows. */
async function unfused(
  oracle: w.Backend,
  { epilogue, ...product }: w.MatmulKernel,
  [a, b, ...others]: readonly Given[],
): Promise<w.TypedArray[]> {
  const { batch, m, k, n, dtype } = product
  const copy = async ({ shape, strides, offset }: w.MatrixOperand, given: Given): Promise<Given> => {
    const input = { dtype, shape, strides, offset }
    const plain: w.Kernel = { kind: 'map', dtype, shape, inputs: [input], scalars: [], steps: [] }
    const [data] = (await runKernel(oracle, plain, [given], [])) as [w.TypedArray]
    return { data, dtype }
  }
  const inOrder = (rows: number, columns: number): w.MatrixOperand => {
    const shape = [...batch, rows, columns]
    return { dtype, shape, strides: shape.map((_, axis) => w.sizeOf(shape.slice(axis + 1))), offset: 0 }
  }
  const plain = { ...product, a: inOrder(m, k), b: inOrder(k, n) }
  const operands = [await copy(product.a, a as Given), await copy(product.b, b as Given)]
  const [data] = (await runKernel(oracle, plain, operands, [])) as [w.TypedArray]
  if (!epilogue) return [data]
  const parts = separately({ kind: 'map', dtype, ...epilogue }).map((kernel) =>
    runKernel(oracle, kernel, [{ data, dtype }, ...others], scalars.slice(0, epilogue.scalars.length)),
  )
  return (await Promise.all(parts)).flat()
}
