import { nearest } from '@sluice/spi'
import { WrongQuery } from '../errors.ts'

/** How a `bytes` field stands in JSON: as base64, as the text that its bytes are in UTF-8, or as the JSON that they are. */
export type BytesForm = 'base64' | 'text' | 'json'

/** The form that a client wants each `bytes` field in, by the field's name. */
export type BytesForms = (name: string) => BytesForm

const forms: readonly BytesForm[] = ['base64', 'text', 'json']
const parameter = 'bytes'
const longestShown = 64

/** The proto3 JSON mapping: base64 everywhere. */
export const base64Everywhere: BytesForms = () => 'base64'

/**
 * Reads the forms from the query of a connection: `bytes=<form>` for every field, `bytes.<field>=<form>` for those of one
 * name. Other parameters are none of ours; without one of ours the result is {@link base64Everywhere}.
 *
 * @param fields names of the protocol's `bytes` fields
 * @throws PUBSUB_WRONG_QUERY naming the parameter and its choices
 */
export function readBytesForms(query: URLSearchParams, fields: ReadonlySet<string>): BytesForms {
  const chosen = new Map<string, BytesForm>()
  for (const [name, value] of query) {
    if (name !== parameter && !name.startsWith(`${parameter}.`)) continue
    const field = name.slice(parameter.length + 1)
    if (name !== parameter && !fields.has(field)) throw unknownField(field, fields)
    if (chosen.has(field)) throw new WrongQuery(name, 'is given twice', choices(name))
    const form = forms.find((known) => known === value)
    if (form === undefined) throw new WrongQuery(name, `has the value ${shown(value)}`, choices(name))
    chosen.set(field, form)
  }
  if (chosen.size === 0) return base64Everywhere
  const usual = chosen.get('') ?? 'base64'
  return (name) => chosen.get(name) ?? usual
}

function unknownField(field: string, fields: ReadonlySet<string>): Error {
  const names = [...fields].sort()
  const likely = nearest(field.slice(0, longestShown), names) ?? names[0]
  const all = [parameter, ...names.map((name) => `${parameter}.${name}`)]
  const name = `${parameter}.${field.slice(0, longestShown)}`
  const reason = `is about a field that no message has; there are ${all.join(', ')}`
  return new WrongQuery(name, reason, choices(likely === undefined ? parameter : `${parameter}.${likely}`))
}

const choices = (name: string): string => forms.map((form) => `${name}=${form}`).join(' or ')

const shown = (value: string): string => JSON.stringify(value.slice(0, longestShown))
