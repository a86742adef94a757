"""The client of the trials: librdkafka, idempotent, acks=all. Speaks in lines on standard output.

    librdkafka.py write BOOTSTRAP TOPIC PER_SECOND RETRIES   until standard input closes
        A <number> <sent ms> <acknowledged ms> <offset>     F <number> <error>     E <sent>
    librdkafka.py read BOOTSTRAP TOPIC               every record of partition 0 there is at the start
        R <number> <offset>                                 E <read>
"""
import select
import sys
import time

from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition

mode, bootstrap, topic = sys.argv[1:4]
out = sys.stdout
now_ms = lambda: time.time() * 1000
common = {
    "bootstrap.servers": bootstrap,
    # A failover takes milliseconds here: the client should not be what is measured.
    "retry.backoff.ms": 5,
    "retry.backoff.max.ms": 50,
    "reconnect.backoff.ms": 5,
    "reconnect.backoff.max.ms": 50,
    "topic.metadata.refresh.fast.interval.ms": 10,
}


def write(per_second, retries):
    producer = Producer({**common, "enable.idempotence": True, "acks": "all", "linger.ms": 1, "message.timeout.ms": 60_000, "retries": retries})
    number = 0

    def delivered(error, message):
        sent, sent_ms = message.value().decode().split(" ")
        if error is None:
            out.write(f"A {sent} {sent_ms} {now_ms():.1f} {message.offset()}\n")
        else:
            out.write(f"F {sent} {error.name()}\n")

    next_ms = now_ms()
    while not select.select([sys.stdin], [], [], 0)[0]:
        producer.produce(topic, f"{number} {now_ms():.1f}".encode(), key=b"one", partition=0, on_delivery=delivered)
        number += 1
        next_ms += 1000 / per_second
        producer.poll(max(0, (next_ms - now_ms()) / 1000))
        while now_ms() < next_ms:
            producer.poll(max(0, (next_ms - now_ms()) / 1000))
        out.flush()
    producer.flush(60)
    out.write(f"E {number}\n")


def read():
    consumer = Consumer({**common, "group.id": "trial", "enable.auto.commit": False, "isolation.level": "read_committed"})
    place = TopicPartition(topic, 0, OFFSET_BEGINNING)
    _, end = consumer.get_watermark_offsets(place, timeout=30)
    consumer.assign([place])
    count = 0
    at = 0
    while at < end:
        message = consumer.poll(30)
        if message is None:
            break
        if message.error():
            raise SystemExit(str(message.error()))
        out.write(f"R {message.value().decode().split(' ')[0]} {message.offset()}\n")
        count += 1
        at = message.offset() + 1
    consumer.close()
    out.write(f"E {count}\n")


write(float(sys.argv[4]), int(sys.argv[5])) if mode == "write" else read()
out.flush()
