import { type JsonObject, showConfiguration } from '@sluice/core'
import { stringify } from 'yaml'

const head = '# Written by the Admin API of Sluice; comments of an earlier version are gone.\n'

/** The text of a file that holds these resources, by their keys. */
export function renderFile(values: ReadonlyMap<string, JsonObject>): string {
  const sorted = [...values].sort(([a], [b]) => (a < b ? -1 : 1))
  const document = showConfiguration(sorted.map(([key, value]) => ({ key, value })))
  // No folding: texts such as certificates come back as they went in.
  return `${head}${stringify(document, { lineWidth: 0, aliasDuplicateObjects: false })}#END\n`
}
