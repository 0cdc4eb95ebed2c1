/** One way to do the work that is measured. */
export interface Contender {
  readonly name: string
  /** One run. What it computes stays where it is. */
  readonly run: () => unknown
  /** The numbers of a run, to be compared with those of the others; absent for probes of the machine. */
  readonly values?: () => Promise<readonly ArrayLike<number>[]>
}

/** Milliseconds of one run. */
export interface Times {
  /** Of the processor, all threads of the process together. */
  readonly median: number
  readonly least: number
  /** Least time on the clock. */
  readonly wall: number
}

export interface MeasureOptions {
  /** Contenders take turns this often. @default 7 */
  readonly rounds?: number
  /** Is told of the first contender, when it is warm. */
  readonly watch?: (title: string, run: () => unknown) => Promise<void>
}

/** A sample is at least that many milliseconds long: the clock of the processor counts in microseconds. */
const sample = 10

/** Milliseconds that a contender runs before it is measured, until its code is as fast as it gets. */
const warming = 400

/** One run of what takes more milliseconds must do. */
const long = 2000

/** Largest difference from the first contender, as part of its largest number. */
const tolerance = 1e-3

/** Checks that contenders compute the same, lets them run in turn, and returns their times. */
export async function measure(
  title: string,
  contenders: readonly Contender[],
  { rounds = 7, watch }: MeasureOptions = {},
): Promise<Times[]> {
  await checkAgreement(title, contenders)
  const warm: Warm[] = []
  for (const { run } of contenders) warm.push(await warmUp(run))
  const times = contenders.map((): Samples => ({ processor: [], wall: [] }))
  for (let round = 0; round < rounds; round++)
    for (const [i, { run }] of contenders.entries()) {
      const { count, processor: expected } = warm[i] as Warm
      if (round > 0 && expected > long) continue
      // The first of a turn finds the caches full of the other's numbers, which is nothing to one that takes long.
      if (count > 1) await repeat(run, 1)
      const { processor, wall } = await repeat(run, count)
      times[i]?.processor.push(processor)
      times[i]?.wall.push(wall)
    }
  await watch?.(title, contenders[0]?.run as () => unknown)
  return times.map(({ processor, wall }) => ({
    median: median(processor),
    least: Math.min(...processor),
    wall: Math.min(...wall),
  }))
}

interface Samples {
  readonly processor: number[]
  readonly wall: number[]
}

/** Milliseconds of one of `count` runs. */
async function repeat(run: () => unknown, count: number): Promise<{ processor: number; wall: number }> {
  const start = performance.now()
  const before = process.cpuUsage()
  for (let i = 0; i < count; i++) {
    const result = run()
    if (result instanceof Promise) await result
  }
  const { user, system } = process.cpuUsage(before)
  return { processor: (user + system) / 1000 / count, wall: (performance.now() - start) / count }
}

interface Warm {
  /** How many runs make a sample. */
  readonly count: number
  /** Milliseconds of one. */
  readonly processor: number
}

async function warmUp(run: () => unknown): Promise<Warm> {
  let count = 1
  for (let spent = 0; ; ) {
    const { processor } = await repeat(run, count)
    spent += processor * count
    if (spent >= warming) return { count: Math.max(1, Math.ceil(sample / processor)), processor }
    if (processor * count < sample) count *= 2
  }
}

async function checkAgreement(title: string, contenders: readonly Contender[]): Promise<void> {
  let expected: readonly ArrayLike<number>[] | null = null
  for (const { name, values } of contenders) {
    if (!values) continue
    const found = await values()
    expected ??= found
    for (const [i, numbers] of expected.entries()) {
      const off = distance(numbers, found[i] as ArrayLike<number>)
      if (!(off <= tolerance))
        throw new Error(
          `${title}: ${name} must compute what ${contenders[0]?.name} does, got ${off} as difference of array ${i}.`,
        )
    }
  }
}

/** Largest difference, as part of the largest of `a`. */
function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.NaN
  let [off, most] = [0, 0]
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number]
    // Not Math.max alone, which would forget that a number is none.
    if (!(Math.abs(x - y) <= off)) off = Math.abs(x - y)
    most = Math.max(most, Math.abs(x))
  }
  return off / most
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1] as number
}
