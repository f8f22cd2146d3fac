import protobuf, { type Field, type Type } from 'protobufjs'

const scalarTypes: Readonly<Record<string, string>> = {
  bool: 'boolean',
  bytes: 'Uint8Array',
  string: 'string',
  double: 'number',
  float: 'number',
  int64: 'bigint',
  uint64: 'bigint',
  sint64: 'bigint',
  fixed64: 'bigint',
  sfixed64: 'bigint',
}

// The core answers these itself.
const coreMessages: ReadonlySet<string> = new Set([
  'PubSubReq',
  'PubSubResp',
  'CmdEmpty',
  'CmdPing',
  'PongResp',
  'ErrorResp',
])

/**
 * Renders the TypeScript module of a `.proto` file: its descriptor, and types with proto names, bigint for 64 bits and
 * every scalar present.
 *
 * @param name name of the exported constant, e.g. `pubsub`
 * @param protocol name of the exported interface of commands and answers, e.g. `KafkaProtocol`
 */
export function renderModule(source: string, name: string, protocol: string): string {
  const { root } = protobuf.parse(source, { keepCase: true, alternateCommentMode: true })
  root.resolveAll()
  const messages = root.nestedArray.filter((item) => item instanceof protobuf.Type)
  const own = messages.filter((type) => !coreMessages.has(type.name))
  const descriptor = JSON.stringify(root.toJSON(), undefined, 2)
  return [
    '// Made by `npm run proto`; do not edit.',
    "import type { ProtoModule } from '@sluice/pubsub'",
    '',
    ...own.map(renderInterface),
    renderProtocol(root, protocol),
    `/** The descriptor of the protocol, with the types of its commands. */`,
    `export const ${name}: ProtoModule<${protocol}> = {\n  descriptor: ${descriptor.replaceAll('\n', '\n  ')},\n}`,
    '',
  ].join('\n')
}

function renderInterface(type: Type): string {
  const fields = type.fieldsArray.map(
    (field) => `${comment(field.comment, '  ')}  readonly ${field.name}${optional(field)}: ${typeOf(field)}\n`,
  )
  return `${comment(type.comment, '')}export interface ${type.name} {\n${fields.join('')}}\n`
}

function renderProtocol(root: protobuf.Root, protocol: string): string {
  return [
    `/** The commands of this protocol and their answers. */`,
    `export interface ${protocol} {`,
    `  readonly requests: {\n${oneofMembers(root.lookupType('PubSubReq'), 'req')}  }`,
    `  readonly responses: {\n${oneofMembers(root.lookupType('PubSubResp'), 'resp')}  }`,
    `}\n`,
  ].join('\n')
}

function oneofMembers(envelope: Type, oneof: string): string {
  const fields = envelope.oneofs[oneof]?.fieldsArray ?? []
  return fields
    .filter((field) => !coreMessages.has(field.type))
    .map((field) => `    readonly ${field.name}: ${field.type}\n`)
    .join('')
}

function optional(field: Field): string {
  return field.resolvedType instanceof protobuf.Type && !field.repeated ? '?' : ''
}

function typeOf(field: Field): string {
  const single = field.resolvedType instanceof protobuf.Type ? field.type : (scalarTypes[field.type] ?? 'number')
  return field.repeated ? `readonly ${single}[]` : single
}

function comment(text: string | null, indent: string): string {
  return text === null ? '' : `${indent}/** ${text.replaceAll('\n', ' ')} */\n`
}
