/** How a check is called in TypeScript. */
export interface CheckCall {
  /** The check, such as `checkGradients`. */
  readonly check: string
  /** What it is imported from. */
  readonly from: string
  /** f, by the name under which it can be imported. */
  readonly name: string
  /** Lines that the test needs for such arguments, before and after the other imports. */
  readonly preparation?: (args: string) => { readonly imports: readonly string[]; readonly setup: readonly string[] }
  /** Options of the check that are given. */
  readonly options: Readonly<Record<string, unknown>>
}

/** Options as TypeScript, those that are given. */
export function showOptions(options: Readonly<Record<string, unknown>>): string {
  const said = Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [typeof value === 'string' ? `${name}: '${value}'` : `${name}: ${value}`],
  )
  return `{ ${said.join(', ')} }`
}

/** The name of f where it can be imported by it. */
export function nameOf(f: object): string {
  const name = 'name' in f ? String(f.name) : ''
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name) ? name : 'f'
}

/** A file for vitest that checks f at arguments given as TypeScript. */
export function regressionTest(
  { check, from, name, preparation, options }: CheckCall,
  { module = `./${name}.ts`, args, seed }: { readonly module?: string | undefined; args: string; seed: number },
): string {
  const { imports = [], setup = [] } = preparation?.(args) ?? {}
  return [
    ...imports,
    `import { ${check} } from '${from}'`,
    "import { it } from 'vitest'",
    `import { ${name} } from '${module}'`,
    '',
    ...setup,
    `it('${name} keeps the derivatives that a search once found wrong', () => {`,
    `  ${check}(${name}, ${args}, ${showOptions({ ...options, seed })})`,
    '})',
    '',
  ].join('\n')
}
