import { defineError, definePlugin } from '@sluice/spi'
import { Type } from 'typebox'

/** The client did not send the header, or not with the value that the route asks for. */
export const HeaderRefused = defineError(
  'REQUIRE_HEADER_REFUSED',
  { status: 403 },
  'the header %s does not have the value that this route asks for',
)

const Config = Type.Object(
  {
    header: Type.String({ default: 'x-team', description: 'Name of the header, in lower case.' }),
    value: Type.String({ minLength: 1, description: 'The value it must have; encrypted at rest.' }),
  },
  { additionalProperties: false },
)

/** Lets only those clients pass that send a header with a certain value. */
export default definePlugin({
  name: 'require-header',
  priority: 2000,
  config: Config,
  secrets: ['value'],
  create: ({ header, value }) => ({
    access({ request }) {
      if (request.headers[header] !== value) throw new HeaderRefused(header)
    },
  }),
})
