import { definePlugin, type Plugin } from '@sluice/spi'
import { Type } from 'typebox'

/** A plugin that does nothing, either with requests or with the messages of a socket. */
export function doNothing(name: string, priority: number, kind: 'access' | 'hooks'): Plugin {
  return definePlugin({
    name,
    priority,
    config: Type.Object({}, { additionalProperties: false }),
    secrets: [],
    create: () =>
      kind === 'access'
        ? { access() {} }
        : { messages: () => ({ command: () => undefined, response: () => undefined }) },
  })
}
