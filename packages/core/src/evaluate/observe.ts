import type { Kernel } from '../kernel.ts'

/** Is handed every kernel in place of its run, which it must make happen. */
export type KernelObserver = (kernel: Kernel, run: () => void) => void

/** Who watches at present. While somebody does, no plan runs bound: its kernels are then seen one by one. */
export let observer: KernelObserver | null = null

/** Lets an observer watch all kernels that run until `f` has ended. */
export async function whileObserved(watch: KernelObserver, f: () => unknown): Promise<void> {
  const before = observer
  observer = watch
  try {
    await f()
  } finally {
    observer = before
  }
}
