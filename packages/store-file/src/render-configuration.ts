import { type JsonObject, showConfiguration } from '@sluice/core'
import { stringify } from 'yaml'

/**
 * The text of a file that holds these resources, by their keys.
 *
 * @param comment its first line
 */
export function renderConfiguration(values: ReadonlyMap<string, JsonObject>, comment: string): string {
  const sorted = [...values].sort(([a], [b]) => (a < b ? -1 : 1))
  const document = showConfiguration(sorted.map(([key, value]) => ({ key, value })))
  // No folding: texts such as certificates come back as they went in.
  return `# ${comment}\n${stringify(document, { lineWidth: 0, aliasDuplicateObjects: false })}#END\n`
}
