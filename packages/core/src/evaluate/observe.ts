import type { Chain } from '../backend.ts'
import type { Kernel } from '../kernel.ts'

/** Is handed whatever is done with a kernel, in place of its being done, which it must make happen. */
export type KernelObserver = <T>(phase: 'prepare' | 'run', kernel: Kernel | Chain, act: () => T) => T

/** Who watches at present. While somebody does, no plan runs bound: its kernels are then seen one by one. */
export let observer: KernelObserver | null = null

/** Lets an observer watch all kernels that are prepared or run until `f` has ended. */
export async function whileObserved(watch: KernelObserver, f: () => unknown): Promise<void> {
  const before = observer
  observer = watch
  try {
    await f()
  } finally {
    observer = before
  }
}
