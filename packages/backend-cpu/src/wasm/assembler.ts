/** Types of WebAssembly values. */
export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128'

const typeCodes: Readonly<Record<ValueType, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b }

/** Instructions that leave one value on the stack. Pure: may be used any number of times, and is computed each time. */
export interface Value<T extends ValueType> {
  readonly type: T
  readonly code: readonly number[]
}

export type I32 = Value<'i32'>
export type I64 = Value<'i64'>
export type F32 = Value<'f32'>
export type F64 = Value<'f64'>
export type V128 = Value<'v128'>

/** A variable of a function; as a value it reads itself. */
export interface Local<T extends ValueType> extends Value<T> {
  readonly index: number
}

/** LEB128 of a number from 0 to 2³² − 1. */
export function unsigned(n: number): number[] {
  const bytes: number[] = []
  for (let rest = n >>> 0; ; rest >>>= 7) {
    if (rest < 128) return [...bytes, rest]
    bytes.push((rest & 127) | 128)
  }
}

/** LEB128 of a number from −2³¹ to 2³¹ − 1. */
export function signed(n: number): number[] {
  const bytes: number[] = []
  for (let rest = n | 0; ; rest >>= 7) {
    const low = rest & 127
    if ((rest >> 7 === 0 && low < 64) || (rest >> 7 === -1 && low >= 64)) return [...bytes, low]
    bytes.push(low | 128)
  }
}

/** Writes one function: each method appends instructions. Blocks are callbacks, so they cannot be left open. */
export class FunctionBuilder<const P extends readonly ValueType[] = readonly ValueType[]> {
  readonly name: string
  readonly params: { readonly [K in keyof P]: Local<P[K]> }
  readonly #types: ValueType[]
  readonly #count: number
  readonly #constants = new Map<string, Local<ValueType>>()
  readonly #first: number[] = []
  readonly #code: number[] = []

  constructor(name: string, params: P) {
    this.name = name
    this.#types = [...params]
    this.#count = params.length
    this.params = params.map((type, index) => localAt(type, index)) as typeof this.params
  }

  /** A new variable, which is 0 at first. */
  local<T extends ValueType>(type: T): Local<T> {
    return localAt(type, this.#types.push(type) - 1)
  }

  /** A new variable that holds a value: what is used more than once. */
  let<T extends ValueType>(value: Value<T>): Local<T> {
    const local = this.local(value.type)
    this.set(local, value)
    return local
  }

  /** A constant that is made once, before all else: engines make it anew in each turn of a loop. */
  constant<T extends ValueType>(value: Value<T>): Local<T> {
    const key = value.code.join()
    const known = this.#constants.get(key)
    if (known) return known as Local<T>
    const local = this.local(value.type)
    this.#constants.set(key, local)
    this.#first.push(...value.code, 0x21, ...unsigned(local.index))
    return local
  }

  set<T extends ValueType>(local: Local<T>, value: Value<T>): void {
    this.#append(value.code, 0x21, unsigned(local.index))
  }

  /** Adds to a variable. */
  advance(local: Local<'i32'>, by: I32): void {
    this.#append(local.code, by.code, 0x6a, 0x21, unsigned(local.index))
  }

  /** Instructions that leave nothing, such as stores. */
  run(code: readonly number[]): void {
    this.#append(code)
  }

  if(condition: I32, then: () => void, otherwise?: () => void): void {
    this.#append(condition.code, 0x04, 0x40)
    then()
    if (otherwise) {
      this.#append(0x05)
      otherwise()
    }
    this.#append(0x0b)
  }

  /** Runs `body` at least once, and again while the condition, computed after it, is not 0. */
  doWhile(body: () => void, condition: () => I32): void {
    this.#append(0x03, 0x40)
    body()
    this.#append(condition().code, 0x0d, 0x00, 0x0b)
  }

  /** Runs `body` `count` times; a count that is not positive runs it never. The count is read once. */
  times(count: I32, body: () => void): void {
    const left = this.let(count)
    const positive: I32 = { type: 'i32', code: [...left.code, 0x41, 0x00, 0x4a] }
    this.if(positive, () => {
      this.doWhile(body, () => ({ type: 'i32', code: [...left.code, 0x41, 0x7f, 0x6a, 0x22, ...unsigned(left.index)] }))
    })
  }

  /** The entry of this function in the code section. */
  body(): number[] {
    const locals = this.#types.slice(this.#count).flatMap((type) => [1, typeCodes[type]])
    const bytes = [...unsigned(locals.length / 2), ...locals, ...this.#first, ...this.#code, 0x0b]
    return [...unsigned(bytes.length), ...bytes]
  }

  /** The entry of this function in the type section. It returns nothing. */
  type(): number[] {
    const params = this.#types.slice(0, this.#count).map((type) => typeCodes[type])
    return [0x60, ...unsigned(params.length), ...params, 0x00]
  }

  #append(...parts: readonly (number | readonly number[])[]): void {
    for (const part of parts)
      if (typeof part === 'number') this.#code.push(part)
      else for (const byte of part) this.#code.push(byte)
  }
}

function localAt<T extends ValueType>(type: T, index: number): Local<T> {
  return { type, index, code: [0x20, ...unsigned(index)] }
}

/** The bytes of a module that imports its memory as `m.m`, which is shared or not, and exports the given functions. */
export function assemble(functions: readonly FunctionBuilder[], shared = false): Uint8Array<ArrayBuffer> {
  const vector = (items: readonly (readonly number[])[]): number[] => [...unsigned(items.length), ...items.flat()]
  const section = (id: number, content: readonly number[]): number[] => [id, ...unsigned(content.length), ...content]
  const text = (ascii: string): number[] => [...unsigned(ascii.length), ...Array.from(ascii, (c) => c.charCodeAt(0))]
  const limits = shared ? [0x03, 0x01, ...unsigned(65536)] : [0x00, 0x01]
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector(functions.map((f) => f.type()))),
    ...section(2, vector([[...text('m'), ...text('m'), 0x02, ...limits]])),
    ...section(3, vector(functions.map((_, i) => unsigned(i)))),
    ...section(7, vector(functions.map((f, i) => [...text(f.name), 0x00, ...unsigned(i)]))),
    ...section(10, vector(functions.map((f) => f.body()))),
  ])
}
