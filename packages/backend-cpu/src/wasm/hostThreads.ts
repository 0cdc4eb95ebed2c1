// What is used of the host's threads: Web Workers, or Node's worker_threads. Neither is a part of the language.

/** An address of a module. */
type Url = object

declare const URL: new (path: string, base: string) => Url

interface NodeThreads {
  readonly Worker: new (url: Url) => { postMessage(data: unknown): void; unref(): void }
  readonly parentPort: { on(event: 'message', listener: (data: unknown) => void): void } | null
}

interface Scope {
  readonly process?: { getBuiltinModule?(name: string): unknown }
  readonly Worker?: new (url: Url, options: { type: 'module' }) => { postMessage(data: unknown): void }
  readonly crossOriginIsolated?: boolean
  onmessage?: (event: { data: unknown }) => void
}

const scope = globalThis as unknown as Scope

const node = (): NodeThreads | undefined =>
  scope.process?.getBuiltinModule?.('node:worker_threads') as NodeThreads | undefined

/** Whether this host has threads that can share memory: Node, and browsers where a page is cross-origin isolated. */
export function hasThreads(): boolean {
  if (typeof SharedArrayBuffer !== 'function') return false
  return node() !== undefined || (scope.Worker !== undefined && scope.crossOriginIsolated === true)
}

/** Starts a thread that runs `worker.ts` and sends it something. */
export function startThread(data: unknown): void {
  const { url } = import.meta as unknown as { readonly url: string }
  const module = new URL(url.endsWith('.ts') ? './worker.ts' : './worker.js', url)
  const threads = node()
  if (threads) {
    const worker = new threads.Worker(module)
    // A program ends when its own work does.
    worker.unref()
    worker.postMessage(data)
  } else if (scope.Worker) new scope.Worker(module, { type: 'module' }).postMessage(data)
}

/** In a thread: calls back with what it was sent. */
export function onStart(f: (data: unknown) => void): void {
  const port = node()?.parentPort
  if (port) port.on('message', f)
  else scope.onmessage = ({ data }) => f(data)
}
