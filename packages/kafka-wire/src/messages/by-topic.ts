/** What is asked of partitions, each topic's together, as requests name them. */
export function byTopic<T extends { readonly topic: string }>(partitions: readonly T[]): readonly (readonly T[])[] {
  if (partitions.length === 1) return [partitions]
  if (partitions.length === 0) return []
  return [...Map.groupBy(partitions, ({ topic }) => topic).values()]
}
