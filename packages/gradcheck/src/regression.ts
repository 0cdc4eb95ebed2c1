import type { CheckOptions } from './check.ts'

/** Options as TypeScript, those that are given. */
export function showOptions(options: Readonly<Record<string, unknown>>): string {
  const said = Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [typeof value === 'string' ? `${name}: '${value}'` : `${name}: ${value}`],
  )
  return `{ ${said.join(', ')} }`
}

/** The options of `checkGradients` among others. */
export function checkOptionsOf({ order, tolerance, directions, kinks }: CheckOptions): CheckOptions {
  return {
    ...(order !== undefined && { order }),
    ...(tolerance !== undefined && { tolerance }),
    ...(directions !== undefined && { directions }),
    ...(kinks !== undefined && { kinks }),
  }
}

/** The name of f where it can be imported by it. */
export function nameOf(f: { readonly name: string }): string {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(f.name) ? f.name : 'f'
}

/** A file for vitest that checks f at arguments given as TypeScript. */
export function regressionTest({
  name,
  module = `./${name}.ts`,
  args,
  options,
}: {
  readonly name: string
  readonly module?: string | undefined
  readonly args: string
  readonly options: CheckOptions
}): string {
  return [
    ...(args.includes('tensor(') ? ["import { tensor } from '@wengert/core'"] : []),
    "import { checkGradients } from '@wengert/gradcheck'",
    "import { it } from 'vitest'",
    `import { ${name} } from '${module}'`,
    '',
    `it('${name} keeps the derivatives that a search once found wrong', () => {`,
    `  checkGradients(${name}, ${args}, ${showOptions({ ...options })})`,
    '})',
    '',
  ].join('\n')
}
