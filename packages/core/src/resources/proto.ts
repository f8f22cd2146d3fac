import type { JsonObject } from '../json.ts'
import { objectOf } from '../json-fields.ts'
import { checkProto } from '../proto/check-proto.ts'
import { meta } from '../schema/definitions.ts'
import { common, idsOf, oneSchema, type ResourceType } from './resource-type.ts'

/** `/apisix/admin/protos`: descriptions of messages. */
export const proto: ResourceType = {
  ...common,
  name: 'protos',
  kind: 'proto',
  title: 'proto',
  methods: ['POST'],
  schemas: oneSchema('proto', () => ({
    type: 'object',
    properties: {
      ...meta,
      content: {
        type: 'string',
        minLength: 1,
        maxLength: 1_048_576,
        description: 'Text of a `.proto` file, or the base64 of a `FileDescriptorSet`.',
      },
    },
    required: ['content'],
    additionalProperties: false,
  })),
  checkRest: ({ content }) => checkProto(String(content)),
  users: [
    { name: 'routes', title: 'route', ids: transcodedBy },
    { name: 'services', title: 'service', ids: transcodedBy },
  ],
  inUse: 'proto',
}

/** Which one the plugin `grpc-transcode` uses, APISIX field `proto_id`. */
function transcodedBy({ plugins }: JsonObject): readonly string[] {
  return idsOf(objectOf(objectOf(plugins)?.['grpc-transcode'])?.proto_id)
}
