/** A point of the plane and its class. */
export interface Point {
  readonly x: readonly [number, number]
  readonly label: number
}

/** Ten points in three classes, which a linear classifier without bias tells apart. */
export const points: readonly Point[] = [
  { x: [1.462107937044974, -2.060140709497654], label: 2 },
  { x: [1.1337694423354374, -1.0998912673140309], label: 2 },
  { x: [-0.17242820755043575, -0.8778584179213718], label: 2 },
  { x: [-1.1006191772129212, 1.1447237098396141], label: 1 },
  { x: [0.9015907205927955, 0.5024943389018682], label: 0 },
  { x: [-0.12289022551864817, -0.9357694342590688], label: 2 },
  { x: [-0.671246130836819, -0.01266459891890136], label: 1 },
  { x: [-1.1173103486352778, 0.23441569781709215], label: 1 },
  { x: [1.6598021771098705, 0.7420441605773356], label: 0 },
  { x: [-0.19183555236161492, -0.8876289640848363], label: 2 },
]
