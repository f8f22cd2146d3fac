import type { INamespace } from 'protobufjs'

/** The commands of a protocol and their answers, by their field names in `PubSubReq` and `PubSubResp`. */
export interface PubSubProtocol {
  readonly requests: object
  readonly responses: object
}

/** What `npm run proto` makes of a `.proto` file: the descriptor, and at compile time the types of its commands. */
export interface ProtoModule<Protocol extends PubSubProtocol = PubSubProtocol> {
  readonly descriptor: INamespace
  /** Carries the types; never present at run time. */
  readonly protocol?: Protocol
}
