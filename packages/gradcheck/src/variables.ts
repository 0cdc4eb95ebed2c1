import { indexAt, isFloat, leaves, mapTree, type Path, showShape, sizeOf, type Tensor, tensor } from '@wengert/core'
import { GradientCheckError } from './errors.ts'
import { concatenate, oracle } from './oracle.ts'

/** A tensor that is differentiated by, and where it stands among the arguments. */
export interface Variable {
  readonly tensor: Tensor
  readonly path: Path
}

/** A function of any trees, as a function of its float arguments in f64. */
export interface Subject {
  readonly variables: readonly Variable[]
  readonly inputs: readonly Tensor[]
  /** The numbers of all inputs, one after the other. */
  readonly x: Float64Array
  /** f of other float arguments; all else is handed through. */
  readonly f: (xs: readonly Tensor[]) => unknown
}

/** Converts the float arguments of f to f64. Throws where there are none. */
export function subjectOf<A extends readonly unknown[]>(fn: string, f: (...args: A) => unknown, args: A): Subject {
  const variables: Variable[] = []
  const base = mapTree(
    (leaf, path) => {
      if (!isFloat(leaf.dtype)) return leaf
      const data = leaf.dataSync({ backend: oracle() })
      const variable = { tensor: tensor(data, { shape: leaf.shape, dtype: 'f64' }), path }
      variables.push(variable)
      return variable.tensor
    },
    args,
    fn,
  )
  const inputs = variables.map((variable) => variable.tensor)
  if (inputs.length === 0)
    throw new GradientCheckError(`${fn}: args must hold an f32 or f64 tensor to differentiate by, got none.`)
  return {
    variables,
    inputs,
    x: concatenate(inputs.map((input) => input.dataSync())),
    f: (xs) => {
      let next = 0
      return f(...mapTree((leaf) => (isFloat(leaf.dtype) ? (xs[next++] as Tensor) : leaf), base))
    },
  }
}

/** The float tensors among the outputs of f. Throws where there are none. */
export function floatsOf(fn: string, outputs: unknown): Tensor[] {
  const floats = leaves(outputs, fn).filter(({ dtype }) => isFloat(dtype))
  if (floats.length === 0) throw new GradientCheckError(`${fn}: f must return an f32 or f64 tensor, got none.`)
  return floats
}

/** `argument 0.weight[3, 4]`: the element that an input number belongs to. */
export function placeOf(input: number, variables: readonly Variable[]): string {
  let left = input
  for (const { tensor: leaf, path } of variables) {
    const size = sizeOf(leaf.shape)
    if (left < size)
      return `${showArgument(path)}${leaf.shape.length > 0 ? ` ${showShape(indexAt(leaf.shape, left))}` : ''}`
    left -= size
  }
  return `input ${input}`
}

/** `argument 0.weight`. */
export function showArgument([argument, ...rest]: Path): string {
  return `argument ${argument}${showSteps(rest)}`
}

/** `[0].weight`: the way from the root of a tree. */
export function showSteps(path: Path): string {
  return path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('')
}
