import { type CpuBackend, cpu } from '@wengert/backend-cpu'

/** A backend of its own that knows the most it ever held, in bytes. */
export function watched(): { readonly backend: CpuBackend; readonly peak: () => number } {
  const inner = cpu()
  let most = 0
  const backend: CpuBackend = {
    ...inner,
    alloc(dtype, size) {
      const buffer = inner.alloc(dtype, size)
      most = Math.max(most, inner.memory().bytes)
      return buffer
    },
  }
  return { backend, peak: () => most }
}
