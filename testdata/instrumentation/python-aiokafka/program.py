"""A sender and its workers: three messages are sent and worked on one by one, the third fails; two more are fetched at once."""

import asyncio
import os

import aiokafka
from opentelemetry import trace

KAFKA = os.environ["KAFKA"]


async def send(topic, items):
    async with aiokafka.AIOKafkaProducer(bootstrap_servers=KAFKA) as producer:
        for item in items:
            await producer.send_and_wait(topic, item.encode(), key=b"7")


def worker(topic):
    return aiokafka.AIOKafkaConsumer(topic, bootstrap_servers=KAFKA, group_id=topic, auto_offset_reset="earliest")


async def main():
    await send("orders", ["a chair", "a lamp", "nothing"])
    worked = 0
    async with worker("orders") as consumer:
        async for message in consumer:
            worked += 1
            if message.value == b"nothing":
                print("nothing to ship")
            if worked == 3:
                break
    await send("bills", ["10", "20"])
    fetched = 0
    async with worker("bills") as consumer:
        while fetched < 2:
            batches = await consumer.getmany(timeout_ms=1000)
            fetched += sum(map(len, batches.values()))


asyncio.run(main())
