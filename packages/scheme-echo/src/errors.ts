import { defineError } from '@sluice/spi'

/** The body of a request is longer than `upstream.echo.max_body_bytes`. */
export const EchoBodyTooLong = defineError(
  'ECHO_BODY_TOO_LONG',
  { status: 413 },
  'the body is longer than the %s bytes that this route takes: send less, or raise upstream.echo.max_body_bytes',
)
