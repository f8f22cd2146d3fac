// Made by `npm run proto`; do not edit.
import type { ProtoModule } from '@sluice/pubsub'

/** Asks for records of one partition of a topic, from `offset` on. */
export interface CmdKafkaFetch {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
}

/** Asks for an offset of one partition of a topic. */
export interface CmdKafkaListOffset {
  readonly topic: string
  readonly partition: number
  /** -1: the end of the log, -2: the first record that is left, otherwise milliseconds since 1970-01-01: the first record at or after that time. */
  readonly timestamp: bigint
}

/** Appends a record to a partition; a topic that is not there is made. */
export interface CmdMemoryPublish {
  readonly topic: string
  readonly partition: number
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** Asks for all records of a partition from `offset` on, those that are yet to come too: each comes in a KafkaFetchResp with the sequence of this command. */
export interface CmdMemorySubscribe {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
}

/** One record of a partition. */
export interface KafkaMessage {
  readonly offset: bigint
  /** Milliseconds since 1970-01-01. */
  readonly timestamp: bigint
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** The answer to CmdKafkaFetch, and what follows on CmdMemorySubscribe. */
export interface KafkaFetchResp {
  readonly messages: readonly KafkaMessage[]
}

/** The answer to CmdKafkaListOffset. */
export interface KafkaListOffsetResp {
  /** -1 where no record is at or after the time asked for. */
  readonly offset: bigint
}

/** The answer to CmdMemoryPublish. */
export interface MemoryPublishResp {
  readonly offset: bigint
}

/** The answer to CmdMemorySubscribe; records follow. */
export interface MemorySubscribeResp {
  /** That of the first record that follows, or will. */
  readonly offset: bigint
}

/** The commands of this protocol and their answers. */
export interface MemoryProtocol {
  readonly requests: {
    readonly cmd_kafka_fetch: CmdKafkaFetch
    readonly cmd_kafka_list_offset: CmdKafkaListOffset
    readonly cmd_memory_publish: CmdMemoryPublish
    readonly cmd_memory_subscribe: CmdMemorySubscribe
  }
  readonly responses: {
    readonly kafka_fetch_resp: KafkaFetchResp
    readonly kafka_list_offset_resp: KafkaListOffsetResp
    readonly memory_publish_resp: MemoryPublishResp
    readonly memory_subscribe_resp: MemorySubscribeResp
  }
}

/** The descriptor of the protocol, with the types of its commands. */
export const memory: ProtoModule<MemoryProtocol> = {
  descriptor: {
    "nested": {
      "CmdEmpty": {
        "fields": {}
      },
      "CmdPing": {
        "fields": {
          "state": {
            "type": "bytes",
            "id": 1
          }
        }
      },
      "CmdKafkaFetch": {
        "fields": {
          "topic": {
            "type": "string",
            "id": 1
          },
          "partition": {
            "type": "int32",
            "id": 2
          },
          "offset": {
            "type": "int64",
            "id": 3
          }
        }
      },
      "CmdKafkaListOffset": {
        "fields": {
          "topic": {
            "type": "string",
            "id": 1
          },
          "partition": {
            "type": "int32",
            "id": 2
          },
          "timestamp": {
            "type": "int64",
            "id": 3
          }
        }
      },
      "CmdMemoryPublish": {
        "fields": {
          "topic": {
            "type": "string",
            "id": 1
          },
          "partition": {
            "type": "int32",
            "id": 2
          },
          "key": {
            "type": "bytes",
            "id": 3
          },
          "value": {
            "type": "bytes",
            "id": 4
          }
        }
      },
      "CmdMemorySubscribe": {
        "fields": {
          "topic": {
            "type": "string",
            "id": 1
          },
          "partition": {
            "type": "int32",
            "id": 2
          },
          "offset": {
            "type": "int64",
            "id": 3
          }
        }
      },
      "PubSubReq": {
        "oneofs": {
          "req": {
            "oneof": [
              "cmd_empty",
              "cmd_ping",
              "cmd_kafka_fetch",
              "cmd_kafka_list_offset",
              "cmd_memory_publish",
              "cmd_memory_subscribe"
            ]
          }
        },
        "fields": {
          "sequence": {
            "type": "int64",
            "id": 1
          },
          "cmd_empty": {
            "type": "CmdEmpty",
            "id": 31
          },
          "cmd_ping": {
            "type": "CmdPing",
            "id": 32
          },
          "cmd_kafka_fetch": {
            "type": "CmdKafkaFetch",
            "id": 33
          },
          "cmd_kafka_list_offset": {
            "type": "CmdKafkaListOffset",
            "id": 34
          },
          "cmd_memory_publish": {
            "type": "CmdMemoryPublish",
            "id": 1000
          },
          "cmd_memory_subscribe": {
            "type": "CmdMemorySubscribe",
            "id": 1001
          }
        }
      },
      "ErrorResp": {
        "fields": {
          "code": {
            "type": "int32",
            "id": 1
          },
          "message": {
            "type": "string",
            "id": 2
          }
        }
      },
      "PongResp": {
        "fields": {
          "state": {
            "type": "bytes",
            "id": 1
          }
        }
      },
      "KafkaMessage": {
        "fields": {
          "offset": {
            "type": "int64",
            "id": 1
          },
          "timestamp": {
            "type": "int64",
            "id": 2
          },
          "key": {
            "type": "bytes",
            "id": 3
          },
          "value": {
            "type": "bytes",
            "id": 4
          }
        }
      },
      "KafkaFetchResp": {
        "fields": {
          "messages": {
            "rule": "repeated",
            "type": "KafkaMessage",
            "id": 1
          }
        }
      },
      "KafkaListOffsetResp": {
        "fields": {
          "offset": {
            "type": "int64",
            "id": 1
          }
        }
      },
      "MemoryPublishResp": {
        "fields": {
          "offset": {
            "type": "int64",
            "id": 1
          }
        }
      },
      "MemorySubscribeResp": {
        "fields": {
          "offset": {
            "type": "int64",
            "id": 1
          }
        }
      },
      "PubSubResp": {
        "oneofs": {
          "resp": {
            "oneof": [
              "error_resp",
              "pong_resp",
              "kafka_fetch_resp",
              "kafka_list_offset_resp",
              "memory_publish_resp",
              "memory_subscribe_resp"
            ]
          }
        },
        "fields": {
          "sequence": {
            "type": "int64",
            "id": 1
          },
          "error_resp": {
            "type": "ErrorResp",
            "id": 31
          },
          "pong_resp": {
            "type": "PongResp",
            "id": 32
          },
          "kafka_fetch_resp": {
            "type": "KafkaFetchResp",
            "id": 33
          },
          "kafka_list_offset_resp": {
            "type": "KafkaListOffsetResp",
            "id": 34
          },
          "memory_publish_resp": {
            "type": "MemoryPublishResp",
            "id": 1000
          },
          "memory_subscribe_resp": {
            "type": "MemorySubscribeResp",
            "id": 1001
          }
        }
      }
    }
  },
}
