// Made by `npm run proto`; do not edit.
import type { ProtoModule } from '@sluice/pubsub'

/** Sends one line. */
export interface CmdLineSend {
  readonly line: string
}

/** The line that came back. */
export interface LineSendResp {
  readonly line: string
}

/** The commands of this protocol and their answers. */
export interface LineProtocol {
  readonly requests: {
    readonly cmd_line_send: CmdLineSend
  }
  readonly responses: {
    readonly line_send_resp: LineSendResp
  }
}

/** The descriptor of the protocol, with the types of its commands. */
export const line: ProtoModule<LineProtocol> = {
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
      "CmdLineSend": {
        "fields": {
          "line": {
            "type": "string",
            "id": 1
          }
        }
      },
      "PubSubReq": {
        "oneofs": {
          "req": {
            "oneof": [
              "cmd_empty",
              "cmd_ping",
              "cmd_line_send"
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
          "cmd_line_send": {
            "type": "CmdLineSend",
            "id": 2000
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
      "LineSendResp": {
        "fields": {
          "line": {
            "type": "string",
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
              "line_send_resp"
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
          "line_send_resp": {
            "type": "LineSendResp",
            "id": 2000
          }
        }
      }
    }
  },
}
