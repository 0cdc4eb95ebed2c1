import { existsSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** The folder of the declarations of the installed TypeScript. From TypeScript 7 on they lie in the package of the platform. */
export function declarationFolder(): string {
  const home = dirname(realpathSync(createRequire(import.meta.url).resolve('typescript/package.json')))
  const native = `@typescript/typescript-${process.platform}-${process.arch}`
  const folders = [join(home, 'lib'), join(home, '..', native, 'lib'), join(home, 'node_modules', native, 'lib')]
  const found = folders.find((folder) => existsSync(join(folder, 'lib.es5.d.ts')))
  if (!found)
    throw new Error(`The declarations of TypeScript must lie in ${folders.join(' or ')}, got none. Run npm install.`)
  return found
}
