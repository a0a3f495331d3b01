"""A Kafka cluster in memory, on ports of loopback, and a consumer of it: both are librdkafka's, which others wrote.

Prints a line of JSON with the brokers' addresses. For each line that it reads, {"read": COUNT, "seconds": PATIENCE, "linger": BOOL},
it answers with one: all messages of the topic, each partition in order, once there are so many different ones, or after that long;
with those that come in the second after, if it lingers. Ends when its input does.
"""

import json
import sys
import time

from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition

TOPIC = sys.argv[1]


def read(brokers, count, seconds, linger):
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": "reader", "enable.auto.commit": False})
    partitions = consumer.list_topics(TOPIC, timeout=10).topics[TOPIC].partitions
    consumer.assign([TopicPartition(TOPIC, partition, OFFSET_BEGINNING) for partition in partitions])
    messages, different = [], set()
    until = time.monotonic() + seconds
    while time.monotonic() < until and (linger or len(different) < count):
        message = consumer.poll(1.0)
        if message is None:
            if len(different) >= count:
                break
            continue
        if message.error():
            raise RuntimeError(message.error())
        headers = {name: value.decode() for name, value in message.headers() or []}
        told = {
            "partition": message.partition(),
            "key": message.key().decode(),
            "value": message.value().decode(),
            "headers": headers,
            "time": message.timestamp()[1],
        }
        messages.append(told)
        different.add((told["key"], json.loads(told["value"])["id"]))
    consumer.close()
    return sorted(messages, key=lambda told: told["partition"])


def main():
    # The cluster lives as long as this producer; asked for the topic, it makes it.
    host = Producer({"bootstrap.servers": "in memory", "test.mock.num.brokers": 3, "log_level": 0})
    cluster = host.list_topics(TOPIC, timeout=10)
    brokers = [f"{broker.host}:{broker.port}" for broker in cluster.brokers.values()]
    print(json.dumps({"brokers": brokers, "partitions": len(cluster.topics[TOPIC].partitions)}), flush=True)
    for line in sys.stdin:
        wanted = json.loads(line)
        print(json.dumps(read(",".join(brokers), wanted["read"], wanted["seconds"], wanted["linger"])), flush=True)


main()
