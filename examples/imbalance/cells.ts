import { fold, key, permutation, type Tensor, take, tensor } from '@wengert/core'
import { loadTable } from '../data/tables.ts'

/** Cells of tumours, and which of them are malignant. */
export interface Cells {
  /** f32 [N, 30] */
  readonly x: Tensor
  /** i32 [N], 1 for malignant. */
  readonly malignant: Tensor
}

/** Cells to learn from, of which only a share of the malignant ones is kept, drawn by a seed, and all to test with. */
export function loadCells(share: number, seed: number): { readonly train: Cells; readonly test: Cells } {
  const split = loadTable('breast-cancer')
  // The table has label 0 for malignant.
  const read = ({ x, labels }: { x: Tensor; labels: Tensor }): Cells => ({ x, malignant: labels.equal(0).cast('i32') })
  const train = read(split.train)
  const malignant = train.malignant.dataSync()
  const rare = [...malignant.keys()].filter((row) => malignant[row])
  const order = [...permutation(fold(key(seed), 1), rare.length).dataSync()]
  const dropped = new Set(order.slice(Math.max(1, Math.round(rare.length * share))).map((i) => rare[i]))
  const kept = tensor(Int32Array.from([...malignant.keys()].filter((row) => !dropped.has(row))))
  return { train: { x: take(train.x, kept), malignant: take(train.malignant, kept) }, test: read(split.test) }
}
