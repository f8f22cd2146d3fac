"""Reads a Kafka topic through Sluice with code that protoc generates.

    protoc --python_out=docs/examples --proto_path=proto pubsub.proto
    pip install protobuf websocket-client
    python3 docs/examples/read.py ws://127.0.0.1:9080/kafka sluice-demo
"""

import sys
from datetime import datetime, timezone

import pubsub_pb2
from websocket import create_connection


def ask(socket, request):
    """Sends one command and gives its answer."""
    socket.send_binary(request.SerializeToString())
    response = pubsub_pb2.PubSubResp.FromString(socket.recv())
    if response.HasField("error_resp"):
        sys.exit(f"error {response.error_resp.code}: {response.error_resp.message}")
    return response


def main(url, topic, partition=0):
    socket = create_connection(url)
    first = pubsub_pb2.CmdKafkaListOffset(topic=topic, partition=partition, timestamp=-2)
    answer = ask(socket, pubsub_pb2.PubSubReq(sequence=1, cmd_kafka_list_offset=first))
    offset = answer.kafka_list_offset_resp.offset
    while True:
        fetch = pubsub_pb2.CmdKafkaFetch(topic=topic, partition=partition, offset=offset)
        messages = ask(socket, pubsub_pb2.PubSubReq(sequence=2, cmd_kafka_fetch=fetch)).kafka_fetch_resp.messages
        if not messages:  # the end of the log
            break
        for message in messages:
            time = datetime.fromtimestamp(message.timestamp / 1000, timezone.utc).isoformat(timespec="milliseconds")
            key, value = (data.decode(errors="replace") for data in (message.key, message.value))
            print(f"{message.offset}  {time.replace('+00:00', 'Z')}  {key}  {value}")
        offset = messages[-1].offset + 1
    socket.close()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: read.py <url> <topic>")
    main(sys.argv[1], sys.argv[2])
