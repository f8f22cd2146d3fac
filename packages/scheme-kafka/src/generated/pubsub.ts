// Made by `npm run proto`; do not edit.
import type { ProtoModule } from '@sluice/pubsub'

/** Asks for messages of one partition of a Kafka topic, from `offset` on. */
export interface CmdKafkaFetch {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  /** Upper bound in bytes of what is read for this command; 0 or absent means the route's upstream.kafka.fetch_max_bytes, which a larger value is cut down to. The first record batch is always whole, however large. */
  readonly max_bytes: number
  /** How long to wait at the end of the log for a message, in milliseconds; 0 or absent: not at all. */
  readonly max_wait_ms: number
}

/** Asks for an offset of one partition of a Kafka topic. */
export interface CmdKafkaListOffset {
  readonly topic: string
  readonly partition: number
  /** -1: the end of the log, -2: the first message, -3: the message with the largest timestamp, otherwise milliseconds since 1970-01-01: the first message at or after that time. */
  readonly timestamp: bigint
}

/** One record of a Kafka partition. */
export interface KafkaMessage {
  readonly offset: bigint
  /** Milliseconds since 1970-01-01. */
  readonly timestamp: bigint
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** The answer to CmdKafkaFetch. */
export interface KafkaFetchResp {
  readonly messages: readonly KafkaMessage[]
}

/** The answer to CmdKafkaListOffset. */
export interface KafkaListOffsetResp {
  /** -1 where no message is at or after the timestamp asked for. */
  readonly offset: bigint
}

/** The commands of this protocol and their answers. */
export interface KafkaProtocol {
  readonly requests: {
    readonly cmd_kafka_fetch: CmdKafkaFetch
    readonly cmd_kafka_list_offset: CmdKafkaListOffset
  }
  readonly responses: {
    readonly kafka_fetch_resp: KafkaFetchResp
    readonly kafka_list_offset_resp: KafkaListOffsetResp
  }
}

/** The descriptor of the protocol, with the types of its commands. */
export const pubsub: ProtoModule<KafkaProtocol> = {
  descriptor: {
    "options": {
      "java_package": "org.apache.apisix.api.pubsub",
      "java_outer_classname": "PubSubProto",
      "java_multiple_files": true,
      "go_package": "github.com/apache/apisix/api/pubsub;pubsub"
    },
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
          },
          "max_bytes": {
            "type": "int32",
            "id": 1000
          },
          "max_wait_ms": {
            "type": "int32",
            "id": 1001
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
      "PubSubReq": {
        "oneofs": {
          "req": {
            "oneof": [
              "cmd_empty",
              "cmd_ping",
              "cmd_kafka_fetch",
              "cmd_kafka_list_offset"
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
          }
        }
      },
      "ErrorResp": {
        "oneofs": {
          "_log_start_offset": {
            "oneof": [
              "log_start_offset"
            ]
          },
          "_high_watermark": {
            "oneof": [
              "high_watermark"
            ]
          },
          "_bad_offset": {
            "oneof": [
              "bad_offset"
            ]
          },
          "_next_offset": {
            "oneof": [
              "next_offset"
            ]
          }
        },
        "fields": {
          "code": {
            "type": "int32",
            "id": 1
          },
          "message": {
            "type": "string",
            "id": 2
          },
          "log_start_offset": {
            "type": "int64",
            "id": 1000,
            "options": {
              "proto3_optional": true
            }
          },
          "high_watermark": {
            "type": "int64",
            "id": 1001,
            "options": {
              "proto3_optional": true
            }
          },
          "bad_offset": {
            "type": "int64",
            "id": 1002,
            "options": {
              "proto3_optional": true
            }
          },
          "next_offset": {
            "type": "int64",
            "id": 1003,
            "options": {
              "proto3_optional": true
            }
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
      "PubSubResp": {
        "oneofs": {
          "resp": {
            "oneof": [
              "error_resp",
              "pong_resp",
              "kafka_fetch_resp",
              "kafka_list_offset_resp"
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
          }
        }
      }
    }
  },
}
