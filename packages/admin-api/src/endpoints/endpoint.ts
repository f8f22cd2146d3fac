import type { Json, Registry, Validator } from '@sluice/core'
import type { Answer } from '../envelope.ts'

/** What endpoints answer from. */
export interface EndpointTools {
  readonly registry: Registry
  readonly validator: Validator
}

/** A request for an endpoint. */
export interface EndpointCall {
  /** Segments of the path after its first one. */
  readonly path: readonly string[]
  readonly query: URLSearchParams
  readonly body: Json | undefined
}

/** Answers a request that is about no resource; stores nothing. */
export type Endpoint = (tools: EndpointTools, call: EndpointCall) => Answer
