// What is used of the host's threads: Web Workers, or Node's worker_threads. Neither is a part of the language.

/** An address of a module. */
type Url = object

declare const URL: new (path: string, base: string) => Url
declare const Worker: new (url: Url, options: { type: 'module' }) => { postMessage(data: unknown): void }

declare global {
  interface ImportMeta {
    url: string
  }
}

interface NodeThreads {
  readonly Worker: new (url: Url) => { postMessage(data: unknown): void; unref(): void }
  readonly parentPort: { on(event: 'message', listener: (data: unknown) => void): void } | null
}

interface Scope {
  readonly process?: { getBuiltinModule?(name: string): unknown }
  readonly crossOriginIsolated?: boolean
  onmessage?: (event: { data: unknown }) => void
}

const scope = globalThis as unknown as Scope

const node = (): NodeThreads | undefined =>
  scope.process?.getBuiltinModule?.('node:worker_threads') as NodeThreads | undefined

/** Whether this host has threads that can share memory: Node, and browsers where a page is cross-origin isolated. */
export function hasThreads(): boolean {
  if (typeof SharedArrayBuffer !== 'function') return false
  return node() !== undefined || (typeof Worker === 'function' && scope.crossOriginIsolated === true)
}

/** Starts a thread that runs `worker.ts` and sends it something. */
export function startThread(data: unknown): void {
  const threads = node()
  if (threads) {
    const { url } = import.meta
    const worker = new threads.Worker(new URL(url.endsWith('.ts') ? './worker.ts' : './worker.js', url))
    // A program ends when its own work does.
    worker.unref()
    worker.postMessage(data)
    return
  }
  // Bundlers find the module by these very words.
  if (typeof Worker === 'function')
    new Worker(new URL('./worker.js', import.meta.url), { type: 'module' }).postMessage(data)
}

/** In a thread: calls back with what it was sent. */
export function onStart(f: (data: unknown) => void): void {
  const port = node()?.parentPort
  if (port) port.on('message', f)
  else scope.onmessage = ({ data }) => f(data)
}
