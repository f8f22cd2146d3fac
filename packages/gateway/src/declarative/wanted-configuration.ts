import { type JsonObject, readConfiguration } from '@sluice/core'
import { parseConfiguration } from '@sluice/store-file'
import { ConfigurationUnusable } from '../errors.ts'
import { withoutTimes } from './read-gateway.ts'

/** A configuration that a gateway is to have. */
export interface WantedConfiguration {
  /** By keys of the store such as `/routes/1`. */
  readonly values: ReadonlyMap<string, JsonObject>
  /** As it is in the file, for the gateway to check. */
  readonly document: JsonObject
  /** Names an item of the document with its place and line. */
  readonly placeOf: (collection: string, index: number) => string
}

// The gateway checks, with the plugins that it has.
const unchecked = { checkFields: () => {}, checkBehaviour: () => {} }

/**
 * Reads the text of a configuration.
 *
 * @param name of the file, for messages
 * @throws CONFIGURATION_UNUSABLE where it is no configuration
 */
export function readWanted(name: string, text: string): WantedConfiguration {
  try {
    const { document, describe } = parseConfiguration(text)
    const { items, faults } = readConfiguration(document, unchecked)
    const placeOf = (collection: string, index: number): string =>
      describe({ collection, index, givenId: undefined, error: '' }).replace(/: $/, '')
    if (faults.length > 0) throw new Error(faults.map(describe).join('\n  '))
    const values = new Map(
      items.map(({ type, key, value }) => {
        const own = withoutTimes(value)
        return [key, type.identity === 'username' ? own : { ...own, id: key.slice(key.lastIndexOf('/') + 1) }]
      }),
    )
    return { values, document: Object(document), placeOf }
  } catch (cause) {
    throw new ConfigurationUnusable(name, cause instanceof Error ? cause.message : String(cause), { cause })
  }
}
