import { svg } from './dom.ts'
import type { Point, Stroke } from './stroke.ts'

/** Points closer together than this share of the pad add nothing. */
const nearest = 0.004

/** How far an arrow key moves the pen. */
const stride = 0.04

export interface PadEvents {
  /** The strokes are others now. */
  changed(): void
  /** The pen has left the pad. */
  lifted(): void
}

interface DrawnStroke {
  readonly points: Point[]
  readonly path: SVGPathElement
}

/** A surface to draw on with a mouse, a finger or a pen, or with the keys: arrows move, space lowers and lifts the pen. */
export class Pad {
  readonly #surface: SVGSVGElement
  readonly #events: PadEvents
  readonly #strokes: DrawnStroke[] = []
  /** The strokes being drawn, by pointer. */
  readonly #open = new Map<number | 'keys', DrawnStroke>()
  readonly #pen = svg('circle', { class: 'pen', r: 0.03 })
  #at: Point = { x: 0.5, y: 0.2 }

  constructor(surface: SVGSVGElement, events: PadEvents) {
    this.#surface = surface
    this.#events = events
    surface.setAttribute('viewBox', '0 0 1 1')
    surface.append(this.#pen)
    surface.tabIndex = 0
    this.#movePen(this.#at)
    surface.addEventListener('pointerdown', (event) => this.#down(event))
    surface.addEventListener('pointermove', (event) => this.#move(event))
    surface.addEventListener('pointerup', (event) => this.#lift(event.pointerId))
    surface.addEventListener('pointercancel', (event) => this.#lift(event.pointerId))
    surface.addEventListener('keydown', (event) => this.#key(event))
    surface.addEventListener('blur', () => this.#lift('keys'))
  }

  get strokes(): readonly Stroke[] {
    return this.#strokes.map(({ points }) => points)
  }

  clear(): void {
    for (const { path } of this.#strokes.splice(0)) path.remove()
    this.#open.clear()
    this.#pen.classList.remove('down')
    this.#events.changed()
  }

  #down(event: PointerEvent): void {
    if (event.button !== 0) return
    this.#surface.setPointerCapture(event.pointerId)
    this.#begin(event.pointerId, this.#placeOf(event))
  }

  #move(event: PointerEvent): void {
    if (!this.#open.has(event.pointerId)) return
    const events = event.getCoalescedEvents()
    for (const each of events.length > 0 ? events : [event]) this.#extend(event.pointerId, this.#placeOf(each))
    this.#events.changed()
  }

  #lift(pointer: number | 'keys'): void {
    if (!this.#open.delete(pointer)) return
    this.#pen.classList.remove('down')
    this.#events.lifted()
  }

  #key(event: KeyboardEvent): void {
    const [dx, dy] = arrows[event.key] ?? [0, 0]
    if (dx !== 0 || dy !== 0) {
      this.#movePen({ x: within(this.#at.x + stride * dx), y: within(this.#at.y + stride * dy) })
      this.#extend('keys', this.#at)
      if (this.#open.has('keys')) this.#events.changed()
    } else if (event.key === ' ' && this.#open.has('keys')) this.#lift('keys')
    else if (event.key === ' ') {
      this.#begin('keys', this.#at)
      this.#pen.classList.add('down')
    } else if (event.key === 'Delete' || event.key === 'Backspace') this.clear()
    else return
    event.preventDefault()
  }

  #begin(pointer: number | 'keys', point: Point): void {
    const path = svg('path', { class: 'stroke' })
    this.#pen.before(path)
    const stroke: DrawnStroke = { points: [], path }
    this.#strokes.push(stroke)
    this.#open.set(pointer, stroke)
    this.#extend(pointer, point)
    this.#events.changed()
  }

  #extend(pointer: number | 'keys', point: Point): void {
    const stroke = this.#open.get(pointer)
    const last = stroke?.points.at(-1)
    if (!stroke || (last && Math.hypot(point.x - last.x, point.y - last.y) < nearest)) return
    stroke.points.push(point)
    const places = stroke.points.map(({ x, y }) => `${x.toFixed(4)} ${y.toFixed(4)}`)
    // A line of no length is drawn as a dot.
    stroke.path.setAttribute('d', `M${places[0]}L${places.slice(places.length > 1 ? 1 : 0).join('L')}`)
  }

  #movePen(to: Point): void {
    this.#at = to
    this.#pen.setAttribute('cx', String(to.x))
    this.#pen.setAttribute('cy', String(to.y))
  }

  #placeOf({ clientX, clientY }: PointerEvent): Point {
    const { left, top, width, height } = this.#surface.getBoundingClientRect()
    return { x: within((clientX - left) / width), y: within((clientY - top) / height) }
  }
}

const arrows: Readonly<Record<string, readonly [dx: number, dy: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

function within(share: number): number {
  return Math.max(0, Math.min(1, share))
}
