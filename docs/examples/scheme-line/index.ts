import { definePubSubScheme } from '@sluice/pubsub'
import { Type } from 'typebox'
import { createLineClient } from './client.ts'
import { LineFailed } from './errors.ts'
import { line } from './generated/line.ts'

/** What `upstream.line` may hold. */
const LineOptions = Type.Object(
  {
    connect_timeout_ms: Type.Integer({
      minimum: 1,
      maximum: 60_000,
      default: 3000,
      description: 'Milliseconds for name resolution, TCP and TLS together.',
    }),
  },
  { additionalProperties: false },
)

/** Sends lines to a TCP server and gives the lines it answers; one connection per upstream. */
export default definePubSubScheme({
  name: 'line',
  proto: line,
  options: LineOptions,
  example: '{"sequence":"1","cmd_line_send":{"line":"hello"}}',
  upstream({ nodes, tls, options, env }) {
    const [node] = nodes
    if (node?.port === undefined) throw new LineFailed('the upstream needs a node host:port')
    const { host, port } = node
    const target = { host, port, timeoutMs: options.connect_timeout_ms, advertised: false }
    const client = createLineClient(() => env.dial(tls === undefined ? target : { ...target, tls }))
    return {
      session: () => ({
        commands: {
          async cmd_line_send(command) {
            try {
              return { line_send_resp: { line: await client.send(command.line) } }
            } catch (cause) {
              throw new LineFailed(cause instanceof Error ? cause.message : String(cause), { cause })
            }
          },
        },
      }),
      close: () => client.close(),
    }
  },
})
