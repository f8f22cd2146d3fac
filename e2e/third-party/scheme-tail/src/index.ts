import { readFile } from 'node:fs/promises'
import { definePubSubScheme } from '@sluice/pubsub'
import { defineError } from '@sluice/spi'
import { Type } from 'typebox'
import { tail } from './generated/tail.ts'

/** The file cannot be read. */
export const TailUnreadable = defineError('TAIL_UNREADABLE', { reply: 2100 }, 'cannot read %s: %s')

const Options = Type.Object(
  {
    file: Type.String({ minLength: 1, default: '/var/log/syslog', description: 'The file whose lines are read.' }),
  },
  { additionalProperties: false },
)

/** Reads the lines of a file that others append to. */
export default definePubSubScheme({
  name: 'tail',
  proto: tail,
  options: Options,
  records: { tail_read_resp: 'lines' },
  example: '{"sequence":"1","cmd_tail_read":{"line":"0"}}',
  upstream: ({ options: { file } }) => ({
    session: () => ({
      commands: {
        async cmd_tail_read({ line: first }, { signal }) {
          const text = await readFile(file, { encoding: 'utf8', signal }).catch((cause: Error) => {
            throw new TailUnreadable(file, cause.message, { cause })
          })
          // The last line counts once it has its end.
          const complete = text.split('\n').slice(0, -1)
          const lines = complete.map((line, number) => ({ number: BigInt(number), text: line }))
          return { tail_read_resp: { lines: lines.filter(({ number }) => number >= first).slice(0, 100) } }
        },
      },
    }),
  }),
})
