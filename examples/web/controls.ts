import { type LossName, lossNames } from '../digits/losses.ts'
import { byId, html } from './dom.ts'
import { hueOf } from './hues.ts'

/** The learning rates to choose from. */
const learningRates = [1e-4, 2e-4, 3e-4, 5e-4, 1e-3, 2e-3, 3e-3, 5e-3, 1e-2, 2e-2, 3e-2, 5e-2, 1e-1]

export type BackendName = 'webgpu' | 'cpu'

export interface ControlEvents {
  pause(): void
  resume(): void
  reset(): void
  loss(name: LossName): void
  backend(name: BackendName): void
  learningRate(rate: number): void
}

export interface ControlValues {
  readonly loss: LossName
  readonly backend: BackendName
  /** One of those to choose from. */
  readonly learningRate: number
  /** Whether there is a GPU to choose. */
  readonly webgpu: boolean
}

/** The controls above the page's content. */
export class Controls {
  readonly #pause = byId('pause', HTMLButtonElement)
  readonly #backends = byId('backends', HTMLFieldSetElement)

  constructor(values: ControlValues, events: ControlEvents) {
    const running = (): boolean => this.#pause.textContent === 'Pause'
    this.#pause.addEventListener('click', () => (running() ? events.pause() : events.resume()))
    const reset = byId('reset', HTMLButtonElement)
    reset.addEventListener('click', () => events.reset())

    const losses = byId('losses', HTMLFieldSetElement)
    addChoices(losses, lossNames, values.loss, events.loss)
    losses.querySelectorAll('label').forEach((label, i) => {
      label.classList.add(hueOf(lossNames[i] as LossName))
    })
    addChoices(this.#backends, ['webgpu', 'cpu'] as const, values.backend, events.backend)
    if (!values.webgpu) this.withoutGpu()

    const slider = byId('rate', HTMLInputElement)
    const shown = byId('rate-value', HTMLOutputElement)
    const show = (): number => {
      const rate = learningRates[slider.valueAsNumber] as number
      shown.value = String(rate)
      slider.setAttribute('aria-valuetext', shown.value)
      return rate
    }
    slider.max = String(learningRates.length - 1)
    slider.valueAsNumber = learningRates.indexOf(values.learningRate)
    show()
    slider.addEventListener('input', () => events.learningRate(show()))
    for (const control of [this.#pause, reset, losses, this.#backends, slider]) control.disabled = false
  }

  /** What the button offers. */
  showRunning(running: boolean): void {
    this.#pause.textContent = running ? 'Pause' : 'Resume'
  }

  showBackend(name: BackendName): void {
    choice(this.#backends, name).checked = true
  }

  /** Takes the choice of the GPU away. */
  withoutGpu(): void {
    choice(this.#backends, 'webgpu').disabled = true
    this.showBackend('cpu')
  }
}

function addChoices<N extends string>(
  fieldset: HTMLFieldSetElement,
  names: readonly N[],
  chosen: N,
  choose: (name: N) => void,
): void {
  const row = html('div', { class: 'choices' })
  for (const name of names) {
    const input = html('input', { type: 'radio', name: fieldset.id, value: name })
    input.checked = name === chosen
    input.addEventListener('change', () => choose(name))
    row.append(html('label', {}, input, html('span', { 'data-name': name }, name)))
  }
  fieldset.append(row)
}

function choice(fieldset: HTMLFieldSetElement, name: string): HTMLInputElement {
  return fieldset.querySelector<HTMLInputElement>(`input[value="${name}"]`) as HTMLInputElement
}
