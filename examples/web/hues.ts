import { type LossName, lossNames } from '../digits/losses.ts'

/** The CSS class of a loss's colour. */
export function hueOf(loss: LossName): string {
  return `hue-${lossNames.indexOf(loss)}`
}
