/** A number as an f32 literal: the shortest one that rounds to the same f32. */
export function literal(x: number): string {
  const rounded = Math.fround(x)
  for (let digits = 1; digits < 9; digits++) {
    const text = Number(rounded.toPrecision(digits))
    if (Math.fround(text) === rounded) return `${text}f`
  }
  return `${Number(rounded.toPrecision(9))}f`
}

/** Horner's scheme for a polynomial in `x`, coefficients lowest power first. */
export function polynomial(x: string, coefficients: readonly number[]): string {
  let text = ''
  for (const c of coefficients.toReversed()) {
    if (text === '') text = literal(c)
    else text = `(${text} * ${x} ${c < 0 ? '-' : '+'} ${literal(Math.abs(c))})`
  }
  return text
}
