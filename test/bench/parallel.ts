/** Does the work for each item, so many at a time, in their order; ends with the first error. */
export async function inParallel<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < items.length) {
      await work(items[next++] as T)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}
