import {
  isFloat,
  maximum,
  showPlace,
  showShape,
  sizeOf,
  type Tape,
  type Tensor,
  type TypedArray,
  tape,
} from '@wengert/core'
import type { CulpritReport } from './failureReport.ts'
import { compareLocal, type LocalLine, localLines, visitLines } from './local.ts'
import { valuesOf } from './oracle.ts'
import { randomNumbers, randomWeights } from './random.ts'
import type { Disagreement } from './slopes.ts'
import type { Verdict } from './verdict.ts'

/** Lines of the tape shown before and after the one in question. */
const context = 2

/** The line at which a derivative goes wrong. */
export interface Culprit {
  readonly local: LocalLine
  readonly failure: Disagreement
}

/**
 * Finds the first line between `inputs` and the output whose own derivative has this fault, by differences of each line
 * alone: null where each line is right by itself.
 */
export function findCulprit(
  list: Tape,
  inputs: readonly Tensor[],
  { verdict, tolerance, seed }: { readonly verdict: Verdict; readonly tolerance: number; readonly seed: number },
): Culprit | null {
  const random = randomNumbers(seed)
  return visitLines(list, localLines(list, inputs), (local) => {
    const size = sizeOf(local.line.shape)
    // Ones first: their sums are the numbers that one expects to read.
    for (const cotangent of [new Float64Array(size).fill(1), randomWeights(size, random)]) {
      const { failure } = compareLocal(local, cotangent, { tolerance, random, kinks: 'reject' })
      if (failure?.finding.verdict === verdict) return { local, failure }
    }
    return null
  })
}

/** What is known of the line at which the derivative of `output` goes wrong, and what to say of it. */
export function explainCulprit(
  output: Tensor,
  inputs: readonly Tensor[],
  options: { readonly verdict: Verdict; readonly tolerance: number; readonly seed: number },
): { readonly culprit: CulpritReport | null; readonly lines: readonly string[] } {
  if (options.verdict === 'inconclusive') return { culprit: null, lines: [] }
  const list = tape(output)
  const culprit = findCulprit(list, inputs, options)
  if (culprit) return { culprit: reportOf(list, culprit.local), lines: showCulprit(list, culprit) }
  if (options.verdict !== 'wrong') return { culprit: null, lines: showTie(list, inputs) }
  const leak = findLeak(list, inputs)
  if (leak) return { culprit: reportOf(list, leak), lines: showLeak(list, leak) }
  return { culprit: null, lines: ['  Each line of the tape agrees with its own differences.'] }
}

function reportOf(list: Tape, { line, position, ownRule }: LocalLine): CulpritReport {
  const text = String(list).split('\n')[position] as string
  return { position, op: line.op.name, ownRule, dtype: line.dtype, shape: line.shape, text }
}

/** Operands closer than this, relative to their size, are at the threshold of a comparison. */
const tie = 1e-6

/** The first comparison at its threshold: it selects between two smooth branches, so that no line has the break itself. */
function showTie(list: Tape, inputs: readonly Tensor[]): string[] {
  const depends = list.lines.map((line) => inputs.includes(line))
  list.wiring.forEach((from, i) => {
    depends[i] ||= from.some((at) => depends[at])
  })
  const compared = list.lines.flatMap((line, position) => {
    const [a, b] = list.inputs[position] as readonly Tensor[]
    return line.dtype === 'bool' && depends[position] && a && b && isFloat(a.dtype) ? [{ position, a, b }] : []
  })
  // Subtracting broadcasts.
  const distances = valuesOf(compared.map(({ a, b }) => a.sub(b).abs().div(maximum(a.abs(), 1))))
  const first = distances.findIndex((values) => values.some((distance) => distance <= tie))
  const at = compared[first]
  if (!at) return []
  const line = list.lines[at.position] as Tensor
  const element = (distances[first] as TypedArray).findIndex((distance) => distance <= tie)
  return [
    `  The comparison %${at.position}, ${line.op.name}, is at its threshold${showPlace(line.shape, element)}.`,
    ...excerpt(list, at.position),
  ]
}

/** The line at fault, both values, and what stands around it. */
export function showCulprit(list: Tape, { local, failure }: Culprit): string[] {
  const { line, position, ownRule } = local
  const { name, place } = inputOf(list, local, failure.input)
  const { left, right, verdict } = failure.finding
  const numbers =
    verdict === 'kink'
      ? `${show(failure.analytic)} between one-sided slopes ${show(left)} and ${show(right)}`
      : `${show(failure.analytic)} by ${ownRule ? 'the rule' : 'its derivative'}, ${show(failure.numeric)} by differences`
  return [
    `  The first line of the tape with this fault is %${position}, ${nameOf(local)}, ${line.dtype} ${showShape(line.shape)}:`,
    `  ${name === '' ? 'along a direction of its inputs' : `by input ${name}${place}`}, the sum of its outputs has the derivative ${numbers}.`,
    ...excerpt(list, position),
  ]
}

/** `customVjp, whose rule is the caller's own`. */
function nameOf({ line, ownRule }: LocalLine): string {
  return ownRule ? `the rule given to ${line.op.name}` : line.op.name
}

/** Which line was moved, and which of its elements. */
function inputOf(list: Tape, { inputs }: LocalLine, input: number): { name: string; place: string } {
  let left = input
  for (const read of input < 0 ? [] : inputs) {
    const size = sizeOf(read.shape)
    if (left < size)
      return {
        name: `%${list.lines.indexOf(read)} (${read.dtype} ${showShape(read.shape)})`,
        place: showPlace(read.shape, left),
      }
    left -= size
  }
  return { name: '', place: '' }
}

/** The lines of the tape about a position, which is marked. */
export function excerpt(list: Tape, position: number): string[] {
  const rows = String(list).split('\n')
  const from = Math.max(0, position - context)
  return rows.slice(from, position + context + 1).map((row, i) => `    ${from + i === position ? '>' : ' '} ${row}`)
}

/** A rule of one's own whose function reads a line that depends on the inputs and is no argument of it. */
function findLeak(list: Tape, inputs: readonly Tensor[]): LocalLine | null {
  const starts = new Set(inputs)
  return (
    localLines(list, inputs).find(({ position, ownRule }) => {
      if (!ownRule) return false
      const [value, ...parameters] = list.wiring[position] as readonly number[]
      const seen = new Set(parameters)
      const open = [value as number]
      for (let at = open.pop(); at !== undefined; at = open.pop()) {
        if (at < 0 || seen.has(at)) continue
        seen.add(at)
        const line = list.lines[at] as Tensor
        if (starts.has(line)) return true
        if (line.op.vjp !== null) open.push(...(list.wiring[at] as readonly number[]))
      }
      return false
    }) ?? null
  )
}

function showLeak(list: Tape, local: LocalLine): string[] {
  return [
    `  Each line of the tape agrees with its own differences, but %${local.position}, ${local.line.op.name}, depends on the inputs`,
    '  through lines that are not among its arguments, and no rule can pull a cotangent back to these. Pass them as arguments.',
    ...excerpt(list, local.position),
  ]
}

function show(value: number): string {
  return String(Number(value.toPrecision(6)))
}
