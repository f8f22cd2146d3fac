import protobuf from 'protobufjs'
// Adds the reading of descriptors to Root.
import 'protobufjs/ext/descriptor.js'
import { ConfigInvalidError } from '../errors.ts'

// The parser shows what it stumbled over, however long that is.
const longestReason = 500

/**
 * Checks that the content of a proto describes messages: the text of a `.proto` file whose types are all there, or the base64
 * of a `FileDescriptorSet`. Files that ship with Protocol Buffers (`google/protobuf/any.proto`) can be imported.
 *
 * @throws ConfigInvalidError
 */
export function checkProto(content: string): void {
  try {
    compileText(content)
  } catch (cause) {
    if (isDescriptorSet(content)) return
    // The text of the parser, for almost always the content is meant to be a text.
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new ConfigInvalidError(`invalid content: ${why.slice(0, longestReason)}`, { cause })
  }
}

function compileText(content: string): void {
  const root = new protobuf.Root()
  const { imports = [], weakImports = [] } = protobuf.parse(content, root, { keepCase: true })
  for (const name of [...imports, ...weakImports]) addKnown(root, name)
  root.resolveAll()
}

function addKnown(root: protobuf.Root, name: string): void {
  const known = protobuf.common.get(name)
  if (known?.nested === undefined) throw new Error(`import "${name}" cannot be found: put what it has into this proto`)
  root.addJSON(known.nested)
}

function isDescriptorSet(content: string): boolean {
  if (!/^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(content)) return false
  try {
    const root = protobuf.Root.fromDescriptor(Buffer.from(content, 'base64'))
    root.resolveAll()
    return root.nestedArray.length > 0
  } catch {
    return false
  }
}
