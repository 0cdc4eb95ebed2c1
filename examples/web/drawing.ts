import type { Tensor } from '@wengert/core'
import { hostValue } from '@wengert/core'
import type { Examples } from '../digits/prepare.ts'
import { bars, indexOfGreatest } from './bars.ts'
import { byId } from './dom.ts'
import { oneAtATime } from './oneAtATime.ts'
import { Pad } from './pad.ts'
import { pixelGrid } from './pixelGrid.ts'
import { fullInk, pixelsOf } from './pixelsOf.ts'

/** What the network is shown. */
interface Picture {
  /** From 0 (paper) to 1 (ink). */
  readonly pixels: Float32Array
  /** What it is, where that is known. */
  readonly truth: number | null
}

export interface DrawingOptions {
  readonly classes: number
  readonly test: Examples
  /** How much the network, as it is now, takes a picture for each class; null where it cannot say. */
  readonly read: (pixels: Float32Array) => Promise<ArrayLike<number> | null>
  /** Says a sentence to those who do not see the page. */
  readonly say: (sentence: string) => void
}

/** The part of the page on which one draws a digit, and which shows how it is read. */
export class Drawing {
  readonly #options: DrawingOptions
  readonly #pad: Pad
  readonly #showPixels = pixelGrid(byId('seen', SVGSVGElement))
  readonly #showShares: (shares: ArrayLike<number> | null) => void
  readonly #verdict = byId('verdict', HTMLElement)
  readonly #truth = byId('truth', HTMLElement)
  readonly #hint = byId('hint', HTMLElement)
  #picture: Picture | null = null
  /** Reads the picture with the network as it is now. */
  readonly reread: () => Promise<void>

  constructor(options: DrawingOptions) {
    this.#options = options
    this.#showShares = bars(byId('bars', HTMLOListElement), options.classes)
    this.#showShares(null)
    this.reread = oneAtATime(() => this.#read())
    this.#pad = new Pad(byId('pad', SVGSVGElement), {
      changed: () => this.#drawn(),
      lifted: () => void this.reread().then(() => options.say(`The drawing reads as ${this.#verdict.textContent}.`)),
    })
    const clear = byId('clear', HTMLButtonElement)
    clear.addEventListener('click', () => this.#pad.clear())
    const sample = byId('sample', HTMLButtonElement)
    sample.addEventListener('click', () => this.#take())
    clear.disabled = sample.disabled = false
  }

  #drawn(): void {
    const { strokes } = this.#pad
    this.#show(strokes.length > 0 ? { pixels: pixelsOf(strokes).map((ink) => ink / fullInk), truth: null } : null)
  }

  /** Shows a test digit in place of a drawing. */
  #take(): void {
    this.#pad.clear()
    const { images, labels } = this.#options.test
    const [count = 0, size = 0] = images.shape
    const at = Math.floor(Math.random() * count)
    const pixels = Float32Array.from({ length: size }, (_, i) => numbersOf(images)[at * size + i] as number)
    this.#show({ pixels, truth: numbersOf(labels)[at] as number })
    void this.reread().then(() =>
      this.#options.say(`A test digit, a ${this.#picture?.truth}, reads as ${this.#verdict.textContent}.`),
    )
  }

  #show(picture: Picture | null): void {
    this.#picture = picture
    this.#hint.hidden = picture !== null
    this.#showPixels(picture?.pixels ?? [])
    void this.reread()
  }

  async #read(): Promise<void> {
    const picture = this.#picture
    const shares = picture && (await this.#options.read(picture.pixels))
    if (picture !== this.#picture) return
    this.#showShares(shares)
    this.#verdict.textContent = shares ? String(indexOfGreatest(shares)) : '–'
    const truth = picture?.truth ?? null
    this.#truth.textContent = truth === null ? '' : `it is a ${truth}`
  }
}

/** The numbers of test data, which lie on the host. */
function numbersOf(x: Tensor): ArrayLike<number> {
  return hostValue(x) ?? []
}
