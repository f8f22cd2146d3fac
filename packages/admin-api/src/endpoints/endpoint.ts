import type { Json, JsonObject, Registry, Validator } from '@sluice/core'
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

/** An argument of an endpoint, in its path or its query. */
export interface EndpointParameter {
  readonly description: string
  readonly schema: JsonObject
  /** Of the query; those of the path always are. */
  readonly required?: boolean
}

/** An endpoint with all that finds it and describes it: requests are answered, and the OpenAPI document is made, by these. */
export interface EndpointDefinition {
  readonly method: 'GET' | 'PUT' | 'POST'
  /** Below `/apisix/admin`, e.g. `/plugins/{name}`: what is in braces stands for one segment. */
  readonly path: string
  readonly operationId: string
  readonly summary: string
  /** By the names in `path`. */
  readonly parameters?: Readonly<Record<string, EndpointParameter>>
  readonly query?: Readonly<Record<string, EndpointParameter>>
  /** Schema of the body; none is taken where it is absent. */
  readonly body?: JsonObject
  /** Schema of the answer 200; absent where that is no JSON. */
  readonly answer?: JsonObject
  readonly run: Endpoint
}
