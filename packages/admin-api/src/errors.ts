import { defineError } from '@sluice/spi'

/** The errors of the Admin API; the messages are APISIX's unless a comment says otherwise. */

/** Our own text: a key was configured, and the address of the client is not among those allowed. */
export const AddressNotAllowedError = defineError(
  'ADMIN_ADDRESS_NOT_ALLOWED',
  { status: 403 },
  'the Admin API is closed to %s: add the address to deployment.admin.allow_admin',
)

/** Our own text: a name that the Admin API does not answer to, as with DNS rebinding. */
export const HostNotAllowedError = defineError(
  'ADMIN_HOST_NOT_ALLOWED',
  { status: 403 },
  'the Admin API does not answer to the host %s: add its name to deployment.admin.allowed_hosts',
)

/** Our own text: a page of another site asks. */
export const OriginNotAllowedError = defineError(
  'ADMIN_ORIGIN_NOT_ALLOWED',
  { status: 403 },
  'the Admin API is closed to pages of %s: add the origin to deployment.admin.cors_origins',
)

/** The `description` of an answer 401. */
export const TokenRefusedError = defineError('ADMIN_TOKEN_REFUSED', { status: 401 }, '%s')

/** Our own text: a key whose role and grants do not reach as far. */
export const NotGrantedError = defineError(
  'ADMIN_NOT_GRANTED',
  { status: 403 },
  'the key %s may not %s %s: use one that may, or have its grants changed',
)

/** An address that has sent too many wrong keys. */
export const TooManyFailuresError = defineError(
  'ADMIN_TOO_MANY_FAILURES',
  { status: 429 },
  'too many wrong keys came from this address: try again in %s seconds, with the right one',
)

export const ResourceTypeUnknownError = defineError(
  'ADMIN_RESOURCE_TYPE_UNKNOWN',
  { status: 404 },
  'Unsupported resource type: %s',
)

/** A method or a path that the resource does not have. */
export const NotFoundError = defineError('ADMIN_NOT_FOUND', { status: 404 }, 'not found')

export const MethodNotSupportedError = defineError(
  'ADMIN_METHOD_NOT_SUPPORTED',
  { status: 405 },
  'not supported `%s` method for %s',
)

export const ReloadMethodError = defineError(
  'ADMIN_RELOAD_METHOD',
  { status: 405 },
  'please use PUT method to reload the plugins, %s method is not allowed.',
)

export const PluginNotFoundError = defineError(
  'ADMIN_PLUGIN_NOT_FOUND',
  { status: 404 },
  'plugin not found in subsystem %s',
)

/** The consumer that a credential would belong to is not there. */
export const ConsumerNotFoundError = defineError('ADMIN_CONSUMER_NOT_FOUND', { status: 404 }, 'consumer not found')

/** The resource is not there; the text stands in `message` instead of `error_msg`. */
export const KeyNotFoundError = defineError('ADMIN_KEY_NOT_FOUND', { status: 404 }, 'Key not found')

/** Our own text: a path that has no normal form. */
export const PathInvalidError = defineError(
  'ADMIN_PATH_INVALID',
  { status: 400 },
  'the path of the request is not valid: it has a broken escape or leads out of the root',
)

export const BodyTooLargeError = defineError(
  'ADMIN_BODY_TOO_LARGE',
  { status: 400 },
  'invalid request body: request size %s is greater than the maximum size %s allowed',
)

/** The raw body stands in `req_body`; the reason is our parser's. */
export const BodyInvalidError = defineError('ADMIN_BODY_INVALID', { status: 400 }, 'invalid request body: %s')

/** Bodies, ids, sub-paths and arguments that are refused before the schemas are looked at. */
export const RequestInvalidError = defineError('ADMIN_REQUEST_INVALID', { status: 400 }, '%s')

/** A reference to a resource that does not exist or is of another type than it should be. */
export const ReferenceMissingError = defineError(
  'ADMIN_REFERENCE_MISSING',
  { status: 400 },
  'failed to fetch %s info by %s id [%s], %s',
)

/** Something that only one resource may have is that of another one. */
export const DuplicateError = defineError('ADMIN_DUPLICATE', { status: 400 }, '%s')

/** A resource that others refer to is not deleted, unless `force=true` is given. */
export const ResourceInUseError = defineError(
  'ADMIN_RESOURCE_IN_USE',
  { status: 400 },
  'can not delete this %s, %s [%s] is still using it now',
)

/** Answered as plain text, as APISIX does. */
export const PageSizeError = defineError(
  'ADMIN_PAGE_SIZE_INVALID',
  { status: 400 },
  'page_size must be between 10 and 500',
)

/** Our own text: the resource is not the one that the headers of the request name. */
export const PreconditionFailedError = defineError(
  'ADMIN_PRECONDITION_FAILED',
  { status: 412 },
  '%s, and the %s: read it, and send the write again with its ETag',
)

/** Our own text: another writer was faster, several times in a row. */
export const WriteConflictError = defineError(
  'ADMIN_WRITE_CONFLICT',
  { status: 409 },
  '%s was changed by somebody else at the same time: read it and try again',
)

/** Our own text: an upstream that cannot be tried, as it stands or at all. */
export const UpstreamNotTestableError = defineError(
  'ADMIN_UPSTREAM_NOT_TESTABLE',
  { status: 400 },
  'the upstream cannot be tested: %s',
)

/** Our own text: what is about to be written could not be put into the audit log. */
export const AuditUnavailableError = defineError(
  'ADMIN_AUDIT_UNAVAILABLE',
  { status: 503 },
  'nothing was written: the audit log cannot be; see the log of the gateway, and make room for audit.jsonl in data_dir',
)
