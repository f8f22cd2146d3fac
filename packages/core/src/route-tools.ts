import type { ConfigDefaults } from './config-defaults.ts'
import type { Registry } from './registry.ts'
import type { ResolveReference } from './secrets/resolve-reference.ts'

/** What every version of a route table builds its routes with. */
export interface RouteTools {
  readonly registry: Registry
  readonly defaults: ConfigDefaults
  /** Decrypts one secret field; gives plain text back as it is. */
  readonly decrypt: (text: string) => string
  /** Follows a reference such as `$env://NAME`; gives other text back as it is. */
  readonly resolve: ResolveReference
  /** Whether a route whose upstream has TLS without verification is refused. */
  readonly requireVerify: boolean
  /** Told of a stored resource that cannot be used; the rest goes on working. */
  readonly onProblem: (key: string, error: Error) => void
}
