import { type TObject, type TSchema, Type } from 'typebox'
import { ConfigSchema } from './schema.ts'
import { describeType, schemaNotes } from './schema-node.ts'

/** The Markdown table of docs/configuration.md: one row for each key of the configuration file. */
export function configReference(): string {
  const head = ['| Key | Value | Default | Description |', '| --- | --- | --- | --- |']
  return `${[...head, ...objectRows(ConfigSchema, '')].join('\n')}\n`
}

function objectRows(schema: TObject, prefix: string): string[] {
  return Object.entries(schema.properties).flatMap(([key, property]) => keyRows(property, prefix + key))
}

function keyRows(schema: TSchema, path: string): string[] {
  if (Type.IsObject(schema)) return objectRows(schema, `${path}.`)
  const inner = Type.IsArray(schema) && Type.IsObject(schema.items) ? objectRows(schema.items, `${path}[].`) : []
  const { description, default: value } = schemaNotes(schema)
  const fallback = value !== undefined ? `\`${JSON.stringify(value)}\`` : Type.IsOptional(schema) ? '' : 'required'
  return [`| \`${path}\` | ${typeCell(schema)} | ${fallback} | ${cell(description)} |`, ...inner]
}

function typeCell(schema: TSchema): string {
  if (Type.IsUnion(schema) && schema.anyOf.some(Type.IsArray)) return 'port, address or list'
  return cell(describeType(schema).replace(/^an? /, ''))
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
