// Configuration model and store

export { type Clock, systemClock } from './clock.ts'
export {
  type ConfigChange,
  type ConfigCompare,
  type ConfigEntry,
  type ConfigRevision,
  type ConfigSnapshot,
  type ConfigStore,
  type ConfigStoreStatus,
  type ConfigTransactionResult,
  type ConfigWrite,
  placeRevision,
} from './config-store.ts'
export { collections, type ItemFault } from './configuration/configuration-item.ts'
export { type ReadConfiguration, readConfiguration } from './configuration/read-configuration.ts'
export { relationFaults } from './configuration/relation-faults.ts'
export { resourceTypeOf, showConfiguration } from './configuration/show-configuration.ts'
export { isJsonObject, type Json, type JsonObject } from './json.ts'
export { canonicalJson, stringOf } from './json-fields.ts'
export { openMemoryStore } from './memory-store.ts'
export { createMutex, type Mutex } from './mutex.ts'
export { createRegistry, type Registry } from './registry.ts'
export { createFaultOf } from './sound/fault-of-entry.ts'
export { type BrokenObject, createSoundStore, type SoundStore } from './sound/sound-store.ts'

// Route table

export { createAddressMatcher, isAddressRange, normalizeAddress } from './address-matcher.ts'
export type { ServerCertificate } from './certificates/server-certificate.ts'
export { authKeys, pluginsOf } from './consumers/auth-keys.ts'
export type { ConsumerIdentity, ConsumerTable } from './consumers/consumer-table.ts'
export { mergeLayers, type PluginLayer } from './consumers/plugin-layer.ts'
export type { EffectiveRoute } from './effective-route.ts'
export { normalizeHost } from './host-pattern.ts'
export type { MatchRequest, UriParams } from './match-request.ts'
export { normalizePath } from './normalize-path.ts'
export {
  type PipelinePlugin,
  PluginFault,
  PluginRefusal,
  runAccess,
  runAuthenticate,
  type WithinTime,
} from './pipeline.ts'
export { createRouteTable, type RouteMatch, type RouteTable, type RouteTableOptions } from './route-table.ts'
export { routesChanged } from './routes-changed.ts'

// Validation and secrets

export type { Reference, ResourceType } from './resources/resource-type.ts'
export { resourceTypes } from './resources/resource-types.ts'
export { upstream as upstreamType } from './resources/upstream.ts'
export { plainSchema } from './schema/plain-schema.ts'
export { createFieldCipher, type FieldCipher, type FieldKey } from './secrets/field-cipher.ts'
export { openReferences } from './secrets/open-references.ts'
export { createReferenceResolver, type ReferableEnvironment } from './secrets/resolve-reference.ts'
export { mapSecrets } from './secrets/secret-fields.ts'
export { createSecretStore, type SecretStore } from './secrets/secret-store.ts'
export { luaType } from './validate/lua-text.ts'
export { createSchemaCompiler } from './validate/schema-check.ts'
export { createValidator, type Validator } from './validate/validator.ts'

// Errors

export {
  ConfigInvalidError,
  ConfigUnusableError,
  ConsumerUnusableError,
  PluginNotInstalledError,
  RouteServiceMissingError,
  RouteUnusableError,
  RouteUpstreamMissingError,
  RouteWithoutUpstreamError,
  SchemeNotInstalledError,
  SecretKeyMissingError,
  SecretUnreadableError,
  StoreClosedError,
  StoreRevisionGoneError,
  VarsError,
} from './errors.ts'
