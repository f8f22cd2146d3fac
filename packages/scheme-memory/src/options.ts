import { Type } from 'typebox'

/** What `upstream.memory` may hold. */
export const MemoryOptions = Type.Object(
  {
    partitions: Type.Integer({ minimum: 1, maximum: 1000, default: 1, description: 'Partitions of each topic.' }),
    max_records: Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      default: 10_000,
      description: 'Records that a partition keeps; the oldest are dropped.',
    }),
    topics: Type.Record(Type.String({ minLength: 1 }), Type.Array(Type.String()), {
      default: {},
      description: 'Topics that are there from the start, with the values of the records in their partition 0.',
    }),
  },
  { additionalProperties: false },
)
