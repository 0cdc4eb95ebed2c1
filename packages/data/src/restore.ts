import { DTypeError, isFloat, mapTree, ShapeError, sameShape, showShape, type Tensor, TreeError } from '@wengert/core'
import { namedTensors, nameOf } from './names.ts'

export interface RestoreOptions {
  /**
   * The name in the target of what has this name in the file; null leaves it out. Names are dotted paths, such as
   * `0.weight`.
   * @default names are the same
   */
  readonly rename?: (name: string) => string | null
  /** What becomes of tensors that the file lacks: 'keep' leaves those of the target. @default 'refuse' */
  readonly missing?: 'refuse' | 'keep'
  /** Whether floats of another dtype than in the target are converted to that one. @default false */
  readonly cast?: boolean
}

/**
 * Puts saved tensors into the places of a tree that is there already: parameters fresh from `init`, a training's state.
 * The result has the structure of the target, its shapes and its dtypes; nothing is changed in place. It is what
 * PyTorch calls load_state_dict, and layers here have PyTorch's names and layouts, so a file of PyTorch's mostly needs
 * `rename` alone.
 *
 * Errors: every tensor that is missing, not expected, or of another shape or dtype is listed in one message: a
 * TreeError where names differ, else a ShapeError or a DTypeError.
 *
 * @example
 * const { tree } = parseSafetensors(await formatSafetensors({ model: { weight_ih_l0: ones([3]) } }))
 * const rename = (name: string) => name.replace('model.', '').replace(/_l0$/, '')
 * restore({ weight_ih: zeros([3]) }, tree, { rename }).weight_ih // 1, 1, 1
 */
export function restore<T>(target: T, saved: unknown, options: RestoreOptions = {}): T {
  const { rename = (name) => name, missing = 'refuse', cast = false } = options
  const found = new Map<string, { readonly x: Tensor; readonly from: string }>()
  const problems: Problem[] = []
  for (const [from, x] of namedTensors('restore', saved)) {
    const name = rename(from)
    const other = name === null ? undefined : found.get(name)
    if (other) problems.push({ kind: 'twice', text: `${name} from ${other.from} and from ${from}` })
    else if (name !== null) found.set(name, { x, from })
  }
  const restored = mapTree(
    (place, path) => {
      const name = nameOf('restore', path)
      const { x } = found.get(name) ?? {}
      found.delete(name)
      if (!x) {
        if (missing === 'refuse') problems.push({ kind: 'missing', text: `${name} ${typeOf(place)}` })
        return place
      }
      const castable = cast && isFloat(x.dtype) && isFloat(place.dtype)
      const text = `${name} ${typeOf(x)} for ${typeOf(place)}`
      if (!sameShape(x.shape, place.shape)) problems.push({ kind: 'of another shape', text })
      else if (x.dtype !== place.dtype && !castable) problems.push({ kind: 'of another dtype', text })
      return x.dtype === place.dtype ? x : x.cast(place.dtype)
    },
    target,
    'restore',
  )
  for (const [name, { x, from }] of found)
    problems.push({
      kind: 'not expected',
      text: `${from} ${typeOf(x)}${name === from ? '' : `, which would be ${name}`}`,
    })
  if (problems.length > 0) throw errorOf(problems)
  return restored
}

const kinds = ['missing', 'not expected', 'twice', 'of another shape', 'of another dtype'] as const

interface Problem {
  readonly kind: (typeof kinds)[number]
  readonly text: string
}

function errorOf(problems: readonly Problem[]): Error {
  const lines = kinds.flatMap((kind) => {
    const those = problems.filter((problem) => problem.kind === kind)
    return those.length > 0 ? [`${kind}: ${those.map(({ text }) => text).join(', ')}`] : []
  })
  const has = (kind: Problem['kind']): boolean => problems.some((problem) => problem.kind === kind)
  const [ErrorClass, remedy] =
    has('missing') || has('not expected') || has('twice')
      ? [TreeError, "Map names with { rename }; { missing: 'keep' } keeps what the target has."]
      : has('of another shape')
        ? [ShapeError, 'Make the target with the sizes of what was saved.']
        : [DTypeError, 'Convert floats with { cast: true }.']
  return new ErrorClass(`restore: saved must hold just the tensors of target, got\n  ${lines.join('\n  ')}\n${remedy}`)
}

function typeOf({ dtype, shape }: Tensor): string {
  return `${dtype} ${showShape(shape)}`
}
