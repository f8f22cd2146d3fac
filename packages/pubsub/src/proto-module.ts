import type { INamespace } from 'protobufjs'

/** The commands of a protocol and their answers, by their field names in `PubSubReq` and `PubSubResp`. @public */
export interface PubSubProtocol {
  /** Types of commands, without those that the core answers: `cmd_empty` and `cmd_ping`. */
  readonly requests: object
  /** Types of answers. */
  readonly responses: object
}

/** What `sluice-proto` makes of a `.proto` file: the descriptor, and at compile time the types of its commands. @public */
export interface ProtoModule<Protocol extends PubSubProtocol = PubSubProtocol> {
  /** In the JSON form of protobufjs. */
  readonly descriptor: INamespace
  /** Carries the types; never present at run time. */
  readonly protocol?: Protocol
}
