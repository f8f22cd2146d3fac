import { type ConfigEntry, isJsonObject, type JsonObject } from '@sluice/core'
import { PageSizeError } from './errors.ts'
import { searchTexts } from './search-text.ts'

/** Part of a list. */
interface ListPage {
  readonly entries: readonly ConfigEntry[]
  /** Entries after the filters, on all pages. */
  readonly total: number
}

const pageSizes = { smallest: 10, largest: 500 }

/**
 * Filters and pages a list by the arguments `name`, `label`, `uri`, `filter`, `page` and `page_size`.
 *
 * @param entries ordered by key
 * @param filterFields what `filter` may name
 * @throws PageSizeError, RequestInvalidError
 */
export function selectEntries(
  entries: readonly ConfigEntry[],
  query: URLSearchParams,
  filterFields: readonly string[],
): ListPage {
  const selected = applyFilters(entries, query, filterFields)
  const page = numeric(query.get('page'))
  const size = numeric(query.get('page_size'))
  if (page === undefined || size === undefined) return { entries: selected, total: selected.length }
  if (size < pageSizes.smallest || size > pageSizes.largest) throw new PageSizeError()
  const first = (Math.max(page, 1) - 1) * size
  const ordered = selected.toSorted((a, b) => a.createdIndex - b.createdIndex)
  return { entries: ordered.slice(first, first + size), total: selected.length }
}

function numeric(text: string | null): number | undefined {
  return text !== null && /^-?\d+$/.test(text) ? Number(text) : undefined
}

function applyFilters(
  entries: readonly ConfigEntry[],
  query: URLSearchParams,
  filterFields: readonly string[],
): readonly ConfigEntry[] {
  const [name, label, uri] = [query.get('name'), query.get('label'), query.get('uri')]
  let selected = entries
  if (label !== null) selected = selected.filter(({ value }) => hasLabel(value, label))
  for (const [field, wanted] of new URLSearchParams(query.get('filter') ?? '')) {
    if (filterFields.includes(field)) selected = selected.filter(({ value }) => equalsText(value[field], wanted))
  }
  if (name !== null) selected = search(selected, 'name', name, ({ value }) => textsOf(value.name))
  if (uri !== null)
    selected = search(selected, 'uri', uri, ({ value }) => [...textsOf(value.uri), ...textsOf(value.uris)])
  return selected
}

function hasLabel({ labels }: JsonObject, label: string): boolean {
  return isJsonObject(labels) && Object.hasOwn(labels, label)
}

function equalsText(value: JsonObject[string] | undefined, wanted: string): boolean {
  return (typeof value === 'string' || typeof value === 'number') && String(value) === wanted
}

function textsOf(value: JsonObject[string] | undefined): readonly string[] {
  return (Array.isArray(value) ? value : [value]).filter((text) => typeof text === 'string')
}

/** The entries of which any text fits the pattern. */
function search(
  entries: readonly ConfigEntry[],
  argument: string,
  pattern: string,
  textsOfEntry: (entry: ConfigEntry) => readonly string[],
): readonly ConfigEntry[] {
  const candidates = entries.flatMap((entry) => textsOfEntry(entry).map((text) => ({ entry, text })))
  const found = searchTexts(
    argument,
    pattern,
    candidates.map(({ text }) => text),
  )
  const fitting = new Set(candidates.filter((_, i) => found[i]).map(({ entry }) => entry))
  return entries.filter((entry) => fitting.has(entry))
}
