import { defineError } from '@sluice/spi'

/** The text is APISIX's. */
export const KeyMissing = defineError('KEY_AUTH_MISSING', { status: 401 }, 'Missing API key in request')

/** The text is APISIX's. */
export const KeyInvalid = defineError('KEY_AUTH_INVALID', { status: 401 }, 'Invalid API key in request')
