/** What comes, in a list. */
export async function collected<T, U = T>(
  source: AsyncIterable<T> | Iterable<T>,
  of: (item: T) => U = (item) => item as unknown as U,
): Promise<U[]> {
  const list: U[] = []
  for await (const item of source) list.push(of(item))
  return list
}
