import type { ConfigStore, Json, JsonObject, Registry, Validator } from '@sluice/core'
import type { AuditOptions } from '../audit/audit-log.ts'
import type { Conditions } from '../conditions.ts'
import type { Answer } from '../envelope.ts'
import type { KeyHolder } from '../keys/grant.ts'
import type { KeyTable } from '../keys/key-table.ts'
import type { Secrets } from '../secrets.ts'
import type { Standalone } from '../standalone.ts'
import type { UpstreamTester } from '../upstream-tester.ts'

/** What endpoints answer from. */
export interface EndpointTools {
  readonly registry: Registry
  readonly validator: Validator
  readonly store: ConfigStore
  readonly secrets: Secrets
  /** Whether the admin role, too, sees secrets masked. */
  readonly maskSecrets: boolean
  /** Whether the store may be replaced as a whole, as with those in a file and in memory. */
  readonly isStandalone: boolean
  readonly standalone: Standalone
  readonly keys: KeyTable
  /** None is kept where it is absent. */
  readonly audit?: AuditOptions
  /** Tries upstreams; none are where it is absent. */
  readonly testUpstream?: UpstreamTester
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** A request for an endpoint. */
export interface EndpointCall {
  /** Segments of the path after its first one. */
  readonly path: readonly string[]
  readonly query: URLSearchParams
  readonly body: Json | undefined
  readonly holder: KeyHolder
  readonly conditions: Conditions
  /** The header `X-Digest`. */
  readonly digest: string | undefined
  /** Whether everything is checked and nothing stored. */
  readonly isDryRun: boolean
}

/** Answers a request that is about no resource. */
export type Endpoint = (tools: EndpointTools, call: EndpointCall) => Answer | Promise<Answer>

/** An argument of an endpoint, in its path or its query. */
export interface EndpointParameter {
  readonly description: string
  readonly schema: JsonObject
  /** Of the query; those of the path always are. */
  readonly required?: boolean
}

/** An endpoint with all that finds it and describes it: requests are answered, and the OpenAPI document is made, by these. */
export interface EndpointDefinition {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  /** Below `/apisix/admin`, e.g. `/plugins/{name}`: what is in braces stands for one segment. */
  readonly path: string
  readonly operationId: string
  readonly summary: string
  /** Group in the OpenAPI document. */
  readonly tag?: string
  /** By the names in `path`. */
  readonly parameters?: Readonly<Record<string, EndpointParameter>>
  readonly query?: Readonly<Record<string, EndpointParameter>>
  /** Schema of the body; none is taken where it is absent. */
  readonly body?: JsonObject
  /** Bytes of a body at most for the role `admin`, where it is not what all others have. */
  readonly bodyLimit?: number
  /** Whether it changes the store: for the role `admin` alone, one at a time, and in the audit log. */
  readonly writes?: true
  /** Whether it shows all that there is, which is not for the role `restricted`. */
  readonly showsAll?: true
  /** Kind of resource that it is about, which a key must be let POST; the id is the segment after it, if there are three. */
  readonly asWriteOf?: 'routes' | 'upstreams'
  /** Whether it is there; it is where this is absent. */
  readonly isThere?: (tools: EndpointTools) => boolean
  /** Where it is done; 200 by default. */
  readonly statuses?: readonly number[]
  /** Schema of that answer; absent where that is no JSON. */
  readonly answer?: JsonObject
  readonly run: Endpoint
}
