import { availableParallelism, cpus, loadavg } from 'node:os'

/** Where and when figures were measured, and how busy the machine was. */
export function machine(): string {
  const [{ model } = { model: 'unknown processor' }] = cpus()
  const name = model
    .replaceAll(/\((R|TM)\)|Processor|CPU|@.*/g, '')
    .replaceAll(/ +/g, ' ')
    .trim()
  const day = new Date().toISOString().slice(0, 10)
  const load = loadavg()[0] as number
  return `${name}, ${availableParallelism()} cores, Node ${process.version}, ${day}; load average ${load.toFixed(1)} at the start.`
}
