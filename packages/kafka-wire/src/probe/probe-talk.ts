import type { Command } from '../command.ts'
import type { KafkaConnection } from '../connection.ts'
import type { VersionRange } from '../messages/api-versions.ts'

/** What a step needs that talks to the broker. */
export interface ProbeTalk {
  readonly connection: KafkaConnection
  readonly versions: ReadonlyMap<number, VersionRange>
  readonly command: Command
}
