import { isFloat, promote } from '../dtype.ts'
import { DTypeError, describe, ShapeError, ValueError } from '../errors.ts'
import { showShape } from '../shape.ts'
import type { Tensor } from '../tensor.ts'
import { checkDType } from './define.ts'
import { diagonal } from './diagonal.ts'
import { contractionOrder } from './einsumOrder.ts'
import { matmul } from './matmul.ts'
import { sum } from './reduce.ts'
import { castTo } from './source.ts'

/** A tensor with a name for each axis. */
interface Term {
  readonly x: Tensor
  readonly labels: readonly string[]
}

/**
 * Sum of products by Einstein's convention: the letters of the equation name the axes of each operand, and of the result
 * behind `->`. A letter that the result lacks is summed over; a letter twice in one operand takes its diagonal. `...` stands for
 * any further axes, which broadcast. Without `->` the result has the axes of `...` and then, in alphabetical order, the
 * letters that occur once.
 *
 * More than two operands are contracted two at a time, in an order chosen to be cheap; each contraction is one matmul.
 *
 * Shapes: as the equation says; floats only. 'bij,bjk->bik' is a batched matrix product, 'ii->' a trace, '...d,...d->...' a
 * product of vectors, 'ij->ji' a transpose.
 *
 * @example einsum('ij,j->i', tensor([[1, 2], [3, 4]]), tensor([1, 1])) // [3, 7]
 */
export function einsum(equation: string, ...operands: readonly Tensor[]): Tensor {
  if (typeof equation !== 'string')
    throw new ValueError(`einsum: equation must be a string, got ${describe(equation)}. Write einsum('ij,jk->ik', …).`)
  operands.forEach((x, i) => {
    checkDType('einsum', `operand ${i}`, x, 'any')
  })
  const { inputs, output } = parse(equation, operands)
  const sizes = sizesOf(equation, operands, inputs)
  const dtype = operands.map((x) => x.dtype).reduce(promote)
  if (!isFloat(dtype))
    throw new DTypeError(
      `einsum: operands of "${equation}" must be f16, f32 or f64, got ${operands.map((x) => x.dtype).join(', ')}. ` +
        "Cast them, e.g. x.cast('f32').",
    )
  const terms = operands.map((x, i) => {
    const elsewhere = new Set([...output, ...inputs.flatMap((labels, j) => (j === i ? [] : labels))])
    return sumOut(takeDiagonals(dropOnes({ x: castTo(x, dtype), labels: inputs[i] as string[] }, sizes)), elsewhere)
  })
  const order = contractionOrder(
    terms.map(({ labels }) => labels),
    output,
    sizes,
  )
  for (const [i, j] of order) {
    const [a, b] = [terms[i] as Term, terms[j] as Term]
    terms.splice(j, 1)
    terms.splice(i, 1)
    terms.push(contract(a, b, new Set([...output, ...terms.flatMap(({ labels }) => labels)]), sizes))
  }
  return inOrder(terms[0] as Term, output)
}

/** A contraction of two terms: one matmul over [...batch, left, summed] and [...batch, summed, right]. */
function contract(a: Term, b: Term, wanted: ReadonlySet<string>, sizes: ReadonlyMap<string, number>): Term {
  const both = a.labels.filter((label) => b.labels.includes(label))
  const batch = both.filter((label) => wanted.has(label))
  const summed = both.filter((label) => !wanted.has(label))
  const left = a.labels.filter((label) => !both.includes(label))
  const right = b.labels.filter((label) => !both.includes(label))
  const labels = [...batch, ...left, ...right]
  const shape = (names: readonly string[]): number[] => names.map((label) => sizes.get(label) as number)
  const size = (names: readonly string[]): number => shape(names).reduce((n, m) => n * m, 1)
  if (summed.length === 0) {
    // Nothing to sum: a product of elements, which fuses with its neighbours.
    const x = inOrder(a, [...batch, ...left])
    const y = inOrder(b, [...batch, ...right])
    return {
      x: x
        .reshape([...shape([...batch, ...left]), ...right.map(() => 1)])
        .mul(y.reshape([...shape(batch), ...left.map(() => 1), ...shape(right)])),
      labels,
    }
  }
  const x = inOrder(a, [...batch, ...left, ...summed]).reshape([...shape(batch), size(left), size(summed)])
  const y = inOrder(b, [...batch, ...summed, ...right]).reshape([...shape(batch), size(summed), size(right)])
  return { x: matmul(x, y).reshape(shape(labels)), labels }
}

/** The term's tensor with its axes in another order. */
function inOrder({ x, labels }: Term, wanted: readonly string[]): Tensor {
  return sameLabels(labels, wanted) ? x : x.transpose(wanted.map((label) => labels.indexOf(label)))
}

function sameLabels(a: readonly string[], b: readonly string[]): boolean {
  return a.every((label, i) => label === b[i])
}

/** Without axes of size 1 that other operands have at full size: what broadcasts needs no axis. */
function dropOnes({ x, labels }: Term, sizes: ReadonlyMap<string, number>): Term {
  const ones = labels.flatMap((label, i) => (x.shape[i] === 1 && sizes.get(label) !== 1 ? [i] : []))
  return ones.length === 0 ? { x, labels } : { x: x.squeeze(ones), labels: labels.filter((_, i) => !ones.includes(i)) }
}

/** Each label once: of axes that share one, only the diagonal. */
function takeDiagonals(term: Term): Term {
  let { x, labels } = term
  for (let twin = repeated(labels); twin !== undefined; twin = repeated(labels)) {
    const name = twin
    const first = labels.indexOf(name)
    const second = labels.indexOf(name, first + 1)
    const rest = labels.map((_, i) => i).filter((i) => i !== first && i !== second)
    x = diagonal(x.transpose([...rest, first, second]))
    labels = [...rest.map((i) => labels[i] as string), name]
  }
  return { x, labels }
}

function repeated(labels: readonly string[]): string | undefined {
  return labels.find((label, i) => labels.indexOf(label) !== i)
}

/** Sums over the labels that nobody else has. */
function sumOut({ x, labels }: Term, elsewhere: ReadonlySet<string>): Term {
  const own = labels.flatMap((label, i) => (elsewhere.has(label) ? [] : [i]))
  if (own.length === 0) return { x, labels }
  return { x: sum(x, { axis: own }), labels: labels.filter((label) => elsewhere.has(label)) }
}

/** The axes of each operand and of the result, by label; the axes of `...` are labelled from the last one backwards. */
interface Parsed {
  readonly inputs: readonly (readonly string[])[]
  readonly output: readonly string[]
}

function parse(equation: string, operands: readonly Tensor[]): Parsed {
  const [left = '', right, ...more] = equation.replaceAll(/\s/g, '').split('->')
  const parts = left.split(',')
  const fail = (expectation: string, actual: string, remedy = ''): ValueError =>
    new ValueError(`einsum: equation must ${expectation}, got ${actual} in "${equation}".${remedy && ` ${remedy}`}`)
  if (more.length > 0) throw fail('have one "->" at most', `${more.length + 1}`)
  for (const part of right === undefined ? parts : [...parts, right])
    if (!/^[A-Za-z]*(\.\.\.)?[A-Za-z]*$/.test(part))
      throw fail('consist of letters and at most one "..." per operand', `"${part}"`)
  if (parts.length !== operands.length)
    throw new ValueError(
      `einsum: operands must be as many as "${equation}" names, ${parts.length}, got ${operands.length}.`,
    )
  const inputs = parts.map((part, i) => {
    const { shape } = operands[i] as Tensor
    const letters = part.replace('...', '').length
    const open = part.includes('...')
    if (open ? shape.length < letters : shape.length !== letters)
      throw new ShapeError(
        `einsum: operand ${i} of "${equation}" must have ${open ? 'at least ' : ''}${letters} axes for "${part}", ` +
          `got shape ${showShape(shape)}.${open ? '' : ' Further axes are named by "...".'}`,
      )
    return expand(part, shape.length - letters)
  })
  const extra = Math.max(0, ...inputs.map((labels) => labels.filter(isExtra).length))
  const all = inputs.flat()
  if (right === undefined) {
    const once = all.filter((label) => !isExtra(label) && all.indexOf(label) === all.lastIndexOf(label))
    return { inputs, output: [...expand('...', extra), ...once.sort()] }
  }
  if (extra > 0 && !right.includes('...'))
    throw fail(
      'keep the axes of "..." in the result',
      `"${right}"`,
      'Put "..." behind "->", and use sum to reduce those axes.',
    )
  const output = expand(right, extra)
  const unknown = output.filter((label) => !all.includes(label))
  if (unknown.length > 0) throw fail('take the letters of the result from the operands', `"${unknown.join('')}"`)
  const twice = repeated(output)
  if (twice !== undefined)
    throw fail('name each axis of the result once', `"${twice}" twice`, 'To put a vector on a diagonal use diag.')
  return { inputs, output }
}

/** 'b...i' with two further axes becomes b, .1, .0, i: counted backwards, as shapes broadcast. */
function expand(part: string, extra: number): string[] {
  const [before = '', after] = part.split('...')
  if (after === undefined) return [...before]
  return [...before, ...Array.from({ length: extra }, (_, i) => `.${extra - 1 - i}`), ...after]
}

function isExtra(label: string): boolean {
  return label.startsWith('.')
}

/** The size of each label; those of `...` may be 1 in some operands. */
function sizesOf(
  equation: string,
  operands: readonly Tensor[],
  inputs: readonly (readonly string[])[],
): Map<string, number> {
  const sizes = new Map<string, number>()
  const source = new Map<string, number>()
  inputs.forEach((labels, i) => {
    labels.forEach((label, axis) => {
      const n = (operands[i] as Tensor).shape[axis] as number
      const known = sizes.get(label)
      if (known === undefined || (isExtra(label) && known === 1)) {
        sizes.set(label, n)
        source.set(label, i)
      } else if (n !== known && !(isExtra(label) && n === 1)) {
        const other = source.get(label) as number
        const what = isExtra(label) ? 'axes of "..."' : `axes "${label}"`
        throw new ShapeError(
          `einsum: ${what} of "${equation}" must have one size, got ${known} in operand ${other}, ` +
            `${showShape((operands[other] as Tensor).shape)}, and ${n} in operand ${i}, ${showShape((operands[i] as Tensor).shape)}.`,
        )
      }
    })
  })
  return sizes
}
