import { Bench } from 'tinybench'

/** One way to do the work that is measured. */
export interface Contender {
  readonly name: string
  readonly run: () => unknown
}

export interface CompareOptions {
  /** Divides each time, e.g. by the number of operations in one run. @default 1 */
  readonly per?: number
  /** Contenders take turns this often. @default 5 */
  readonly rounds?: number
  /** Milliseconds for each turn. @default 200 */
  readonly time?: number
  /** Least number of runs in a turn. @default 16 */
  readonly iterations?: number
}

/**
 * Runs contenders in turn, several rounds, and prints the median of the rounds' medians and its ratio to the first
 * contender. The spread over the rounds tells how noisy the machine was.
 */
export async function compare(
  title: string,
  contenders: readonly Contender[],
  { per = 1, rounds = 5, time = 200, iterations = 16 }: CompareOptions = {},
): Promise<void> {
  const times = new Map<string, number[]>(contenders.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    const bench = new Bench({
      time,
      iterations,
      warmupIterations: iterations,
      warmupTime: round === 0 ? time : time / 4,
    })
    for (const { name, run } of contenders) bench.add(name, run)
    await bench.run()
    for (const { name, result } of bench.tasks) {
      if (result.state !== 'completed')
        throw new Error(
          `${title}: ${name} did not complete: ${String('error' in result ? result.error : result.state)}`,
        )
      times.get(name)?.push((1000 * result.latency.p50) / per)
    }
  }
  const rows = contenders.map(({ name }) => {
    const sorted = (times.get(name) ?? []).toSorted((a, b) => a - b)
    return {
      name,
      median: sorted[sorted.length >> 1] as number,
      least: sorted[0] as number,
      most: sorted.at(-1) as number,
    }
  })
  const first = rows[0]?.median as number
  console.log(`\n${title}`)
  const width = Math.max(...rows.map(({ name }) => name.length))
  for (const { name, median, least, most } of rows)
    console.log(
      `  ${name.padEnd(width)}  ${show(median).padStart(9)} µs  (${show(least)} to ${show(most)})  ${(median / first).toFixed(2).padStart(8)}×`,
    )
}

function show(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3)
}
