// What folders.ts is in a browser, where Vite brings the files along.

declare global {
  interface ImportMeta {
    /** Vite's: the texts of files, by their paths. */
    glob(pattern: string, options: { query: '?raw'; import: 'default'; eager: true }): Record<string, string>
  }
}

export const goldenFolder = 'golden'
export const goldenOpsFolder = 'golden-ops'

const files = {
  ...import.meta.glob('../fixtures/golden/*.json', { query: '?raw', import: 'default', eager: true }),
  ...import.meta.glob('../fixtures/golden-ops/*.json', { query: '?raw', import: 'default', eager: true }),
}

export function readFolder(folder: string): ReadonlyMap<string, string> {
  const start = `../fixtures/${folder}/`
  const paths = Object.keys(files).filter((path) => path.startsWith(start))
  return new Map(paths.sort().map((path) => [path.slice(start.length, -'.json'.length), files[path] as string]))
}
