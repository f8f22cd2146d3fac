import type { FieldNumbers, Scheme } from '@sluice/spi'
import protobuf from 'protobufjs'
import type { ProtoModule } from './proto-module.ts'

/** The numbers of a protocol's commands and answers. */
export function fieldNumbers({ descriptor }: ProtoModule): NonNullable<Scheme['protocol']> {
  const root = protobuf.Root.fromJSON(descriptor)
  const numbers = (envelope: string, oneof: string): FieldNumbers =>
    Object.fromEntries(
      (root.lookupType(envelope).oneofs[oneof]?.fieldsArray ?? []).map(({ name, id }): [string, number] => [name, id]),
    )
  return { commands: numbers('PubSubReq', 'req'), answers: numbers('PubSubResp', 'resp'), descriptor }
}
