import { type TObject, type TSchema, Type } from 'typebox'
import { stringify } from 'yaml'
import { ConfigSchema } from './schema.ts'
import { schemaNotes } from './schema-node.ts'

const width = 100

/**
 * The configuration file that `sluice init` writes: every key with its description and its default. Keys that have no
 * default stand there as `#key:`, without a blank, as an example.
 */
export function configTemplate(): string {
  const head = [
    '# Configuration of Sluice. Every value below is the default; a key that is left out has it as well.',
    `# Texts may hold environment variables: "\${{NAME}}" and, with a default, "\${{NAME:=value}}".`,
  ]
  return `${[...head, ...sectionLines(ConfigSchema, '', true)].join('\n')}\n`
}

function sectionLines(schema: TObject, indent: string, isTop = false): string[] {
  return Object.entries(schema.properties).flatMap(([key, property]) => [
    ...(isTop ? [''] : []),
    ...keyLines(key, property, indent),
  ])
}

function keyLines(key: string, schema: TSchema, indent: string): string[] {
  const { description, default: value, examples } = schemaNotes(schema)
  const comment = wrap(description, width - indent.length - 2).map((line) => `${indent}# ${line}`)
  if (Type.IsObject(schema)) return [...comment, `${indent}${key}:`, ...sectionLines(schema, `${indent}  `)]
  const prefix = value === undefined ? `${indent}#` : indent
  const lines = stringify({ [key]: value ?? examples[0] }, { lineWidth: 0 })
    .trimEnd()
    .split('\n')
  return [...comment, ...lines.map((line) => prefix + line)]
}

function wrap(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line]
}
