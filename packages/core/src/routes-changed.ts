import type { RouteTable } from './route-table.ts'

/**
 * The routes among the given ones that serve differently in another table: those whose scheme, plugins or upstream differ,
 * and those that are deleted or switched off. A change of their conditions, names, labels or times does not count. Builds
 * only the routes that a change touched.
 *
 * @param ids of routes with open sockets
 */
export function routesChanged(previous: RouteTable, next: RouteTable, ids: Iterable<string>): string[] {
  const touched = next.differences(previous)
  if (touched?.size === 0) return []
  return Array.from(new Set(ids)).filter((id) => {
    if (touched === undefined ? next.hasSameParts(previous, id) : !touched.has(id)) return false
    // In this order: the newer version then takes over the plugin instances of the older one where nothing counts.
    const before = previous.route(id)?.digest
    return next.route(id)?.digest !== before
  })
}
