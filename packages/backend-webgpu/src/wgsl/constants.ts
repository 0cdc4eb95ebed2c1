/** ln 2 in two parts, the first of 10 bits: its product with an integer below 2¹⁴ is exact. */
export const ln2High = 0.693359375
export const ln2Low: number = Math.LN2 - ln2High

/** The bits of √½ in f32, the least fraction after which logarithms split a number. */
export const squareRootHalf = 0x3f3504f3
