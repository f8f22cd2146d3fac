import { defineError } from '@sluice/spi'

/** The topic was neither configured nor written to. */
export const MemoryTopicNotFound = defineError(
  'MEMORY_TOPIC_NOT_FOUND',
  { reply: 200 },
  'there is no topic %s: publish to it, or name it in upstream.memory.topics',
)

/** A partition beyond `upstream.memory.partitions`. */
export const MemoryPartitionNotFound = defineError(
  'MEMORY_PARTITION_NOT_FOUND',
  { reply: 201 },
  'topic %s has no partition %s: its partitions are 0 to %s',
)

/** An offset before the first record that is left, or beyond the end. */
export const MemoryOffsetOutOfRange = defineError(
  'MEMORY_OFFSET_OUT_OF_RANGE',
  { reply: 202 },
  'partition %s of topic %s has no offset %s: its records are those from %s to before %s',
)
