import { defineError } from '@sluice/spi'

/** The server cannot be reached, or went away before it answered. */
export const LineFailed = defineError('LINE_FAILED', { reply: 2000 }, 'failed to send a line, err: %s')
