import type { JsonObject } from '@sluice/core'

/** An argument of the query, in the form of OpenAPI. */
export function queryParameter(name: string, description: string, schema: JsonObject, required = false): JsonObject {
  return { name, in: 'query', description, schema, ...(required && { required }) }
}

/** A part of the path. */
export function pathParameter(name: string, description: string, schema: JsonObject = { type: 'string' }): JsonObject {
  return { name, in: 'path', required: true, description, schema }
}

/** A reference to one of {@link sharedParameters}. */
export function parameterRef(name: keyof typeof sharedParameters): JsonObject {
  return { $ref: `#/components/parameters/${name}` }
}

const yesOrNo: JsonObject = { type: 'string', enum: ['true', 'false'] }
const text: JsonObject = { type: 'string' }

const header = (name: string, description: string): JsonObject => ({ name, in: 'header', description, schema: text })

/** The arguments that many operations have. */
export const sharedParameters = {
  page: queryParameter('page', 'Page of the list, from 1; counts together with `page_size` only.', { type: 'integer' }),
  page_size: queryParameter('page_size', 'Items on a page.', { type: 'integer', minimum: 10, maximum: 500 }),
  name: queryParameter('name', 'Regular expression that the field `name` fits.', text),
  uri: queryParameter('uri', 'Regular expression that `uri`, or one of `uris`, fits.', text),
  label: queryParameter('label', 'Key that `labels` has.', text),
  filter: queryParameter(
    'filter',
    'Fields that are exactly so, as a query: `service_id=1&upstream_id=2`, escaped.',
    text,
  ),
  ttl: queryParameter('ttl', 'Seconds after which the resource vanishes.', { type: 'number', exclusiveMinimum: 0 }),
  force: queryParameter('force', '`true` deletes what others refer to, too.', yesOrNo),
  dry_run: queryParameter('dry_run', '`true` checks everything, says what would change, and stores nothing.', yesOrNo),
  prefer: header('Prefer', '`dry-run` is `dry_run=true`.'),
  if_match: header('If-Match', 'ETags of which the resource still has one, or `*` for any.'),
  if_none_match: header('If-None-Match', 'ETags of which the resource has none, or `*`.'),
} as const satisfies Record<string, JsonObject>
