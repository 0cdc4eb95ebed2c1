let depth = 0

/** Runs a function whose lines are about to be walked or planned as a whole, so they must keep their inputs. */
export function tracing<T>(f: () => T): T {
  depth++
  try {
    return f()
  } finally {
    depth--
  }
}

/** True while a function that is differentiated, compiled or moves a state is run. */
export function isTracing(): boolean {
  return depth > 0
}
