import { globSync } from 'node:fs'
import type { ErrorDefinition } from '../../packages/spi/src/index.ts'
import { readText, root } from './markdown.ts'

// What the template of such an error ends with: its text is made where the error happens.
const openEnd = 'err: %s'

/** Whether what an error says stands in `texts` of its remedy, for its template only frames it. */
export function hasOwnTexts({ template }: ErrorDefinition): boolean {
  return template.endsWith(openEnd)
}

/** Says which of the texts that the documentation shows are in no source of the Kafka client. */
export function unknownTexts(texts: Iterable<string>): string[] {
  const sources = globSync('packages/kafka-wire/src/**/*.ts', { cwd: root }).map((file) => literals(readText(file)))
  return [...texts].filter((text) => !sources.some((source) => source.includes(text)))
}

/** A source whose template literals read as the documentation shows them, `…` for each value. */
function literals(source: string): string {
  return source.replaceAll(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, '…').replaceAll("\\'", "'")
}
