import { conformance, edges } from '@wengert/conformance'
import { beforeAll, describe, it } from 'vitest'
import { testBackend } from './testing/testBackend.ts'
import type { WebGpuBackend } from './webgpu.ts'

describe('conformance', () => {
  let backend: WebGpuBackend
  beforeAll(async () => {
    backend = await testBackend()
  })
  for (const { name, run } of [...conformance(), ...edges()]) it(name, () => run(backend))
})

// Kernels that are made in another way for GPUs, with workgroup memory, which a software adapter takes a second to compile.
describe('conformance of kernels for GPUs', () => {
  let backend: WebGpuBackend
  beforeAll(async () => {
    backend = await testBackend({ software: false })
  })
  for (const { name, run } of conformance())
    if (/matmul|^(sum|max|min)\b|^values stored|twice|state/.test(name) && !/in vectors/.test(name))
      it(name, () => run(backend))
})
