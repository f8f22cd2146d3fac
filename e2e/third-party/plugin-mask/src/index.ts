import { definePlugin, type HookMessage } from '@sluice/spi'
import { Type } from 'typebox'

const Config = Type.Object(
  {
    fields: Type.Array(Type.String({ minLength: 1 }), {
      minItems: 1,
      default: ['password'],
      description: 'Names of the fields whose values are masked, in records that are JSON objects, at any depth.',
    }),
    mask: Type.String({ default: '***', description: 'What stands in the place of a value.' }),
  },
  { additionalProperties: false },
)

/** Masks fields of JSON records on their way to the client, whatever the scheme. */
export default definePlugin({
  name: 'mask-fields',
  priority: 2110,
  config: Config,
  secrets: [],
  create({ fields, mask }) {
    const masked = (key: string, value: unknown) => (fields.includes(key) ? mask : value)
    const maskText = (text: string): string | undefined => {
      try {
        return JSON.stringify(JSON.parse(text, masked))
      } catch {
        return undefined
      }
    }
    return { messages: () => ({ record: (record) => maskRecord(record, maskText) }) }
  },
})

/** Records have their text in whatever field their scheme calls so: `value` in bytes of Kafka, `text` here and there. */
function maskRecord(record: HookMessage, maskText: (text: string) => string | undefined): HookMessage | undefined {
  for (const [name, value] of Object.entries(record)) {
    const text = typeof value === 'string' ? value : value instanceof Uint8Array ? Buffer.from(value).toString() : ''
    const changed = text.startsWith('{') ? maskText(text) : undefined
    if (changed !== undefined) return { ...record, [name]: typeof value === 'string' ? changed : Buffer.from(changed) }
  }
  return undefined
}
