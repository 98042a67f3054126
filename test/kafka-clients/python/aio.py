"""aiokafka, a client in Python alone."""

import asyncio
import time

import aiokafka
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import (
    InvalidConfigurationError,
    InvalidPartitionsError,
    InvalidTopicError,
    MessageSizeTooLargeError,
    OffsetOutOfRangeError,
    ProducerFenced,
    TopicAlreadyExistsError,
    UnknownTopicOrPartitionError,
    for_code,
)
from scenarios import CROSS_TOPIC, SERVERS, cross_records, equal, named, run_all, scenario

PATIENCE_SECONDS = 30


async def with_admin(work):
    admin = AIOKafkaAdminClient(bootstrap_servers=SERVERS)
    await admin.start()
    try:
        return await work(admin)
    finally:
        await admin.close()


def raise_errors(response):
    """The admin client of aiokafka answers codes, and leaves it to the program to raise them."""
    rows = getattr(response, "topic_errors", None) or getattr(response, "topic_error_codes", None) or []
    for row in rows:
        if row[1] != 0:
            raise for_code(row[1])(row[2] if len(row) > 2 else "")
    return response


async def create_topic(topic, partitions=1, config=None):
    new = NewTopic(topic, partitions, 1, topic_configs=config or {})
    raise_errors(await with_admin(lambda admin: admin.create_topics([new])))


async def fails_with(error, work):
    try:
        await work
    except error:
        return
    raise AssertionError("it went well")


async def produce(topic, values, partition=None, **settings):
    async with AIOKafkaProducer(bootstrap_servers=SERVERS, **settings) as producer:
        await asyncio.gather(*[await producer.send(topic, value.encode(), partition=partition) for value in values])


async def member(topic, group, **settings):
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=SERVERS, group_id=group, auto_offset_reset="earliest", **settings
    )
    await consumer.start()
    return consumer


async def take(consumers, count):
    messages = []
    until = time.monotonic() + PATIENCE_SECONDS
    while len(messages) < count:
        assert time.monotonic() < until, f"{len(messages)} messages of {count}"
        for consumer in consumers:
            for batch in (await consumer.getmany(timeout_ms=50)).values():
                messages.extend(batch)
    return messages


async def read_all(topic, count, **settings):
    async with AIOKafkaConsumer(bootstrap_servers=SERVERS, **settings) as consumer:
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        consumer.seek(partition, 0)
        return await take([consumer], count)


@scenario("administers topics")
async def administers():
    topic = named("administered")
    await create_topic(topic, 2, {"retention.ms": "600000"})

    async def work(admin):
        raise_errors(await admin.create_partitions({topic: NewPartitions(3)}))
        [described] = await admin.describe_topics([topic])
        equal(sorted(partition["partition"] for partition in described["partitions"]), [0, 1, 2])
        resource = ConfigResource(ConfigResourceType.TOPIC, topic)
        [answer] = await admin.describe_configs([resource])
        configs = {entry[0]: entry[1] for entry in answer.resources[0][4]}
        equal(configs["retention.ms"], "600000")
        altered = ConfigResource(ConfigResourceType.TOPIC, topic, {"segment.ms": "60000"})
        await admin.alter_configs([altered])
        [answer] = await admin.describe_configs([resource])
        configs = {entry[0]: entry[1] for entry in answer.resources[0][4]}
        equal((configs["segment.ms"], configs["retention.ms"]), ("60000", "604800000"))
        assert (await admin.describe_cluster())["brokers"]
        raise_errors(await admin.delete_topics([topic]))
        assert topic not in await admin.list_topics()

    await with_admin(work)


@scenario("deletes records, and tells where partitions begin and end")
async def deletes_records():
    topic = named("trimmed")
    await create_topic(topic)
    await produce(topic, [f"{at}" for at in range(5)])
    partition = TopicPartition(topic, 0)
    await with_admin(lambda admin: admin.delete_records({partition: RecordsToDelete(3)}))
    async with AIOKafkaConsumer(bootstrap_servers=SERVERS) as consumer:
        equal(await consumer.beginning_offsets([partition]), {partition: 3})
        equal(await consumer.end_offsets([partition]), {partition: 5})


@scenario("hears the error that was made")
async def errors():
    topic = named("mistaken")
    await create_topic(topic, 2)
    await fails_with(TopicAlreadyExistsError, create_topic(topic))
    await fails_with(InvalidTopicError, create_topic("no/name"))
    await fails_with(InvalidConfigurationError, create_topic(named("x"), 1, {"retention.ms": "soon"}))

    async def work(admin):
        raise_errors(await admin.create_partitions({topic: NewPartitions(1)}))

    await fails_with(InvalidPartitionsError, with_admin(work))

    async def unknown(admin):
        raise_errors(await admin.delete_topics([named("nowhere")]))

    await fails_with(UnknownTopicOrPartitionError, with_admin(unknown))
    await fails_with(MessageSizeTooLargeError, produce(topic, ["x" * 1_100_000], max_request_size=5_000_000))
    partition = TopicPartition(topic, 0)
    async with AIOKafkaConsumer(bootstrap_servers=SERVERS, auto_offset_reset="none") as consumer:
        consumer.assign([partition])
        consumer.seek(partition, 99)
        await fails_with(OffsetOutOfRangeError, consumer.getone())


def register_codec(codec):
    @scenario(f"produces and reads {codec}")
    async def produces_and_reads():
        topic = named(f"codec-{codec}")
        await create_topic(topic)
        values = [f"{codec} {'la' * 50} {at}" for at in range(200)]
        await produce(topic, values, compression_type=None if codec == "none" else codec, linger_ms=20)
        equal([message.value.decode() for message in await read_all(topic, 200)], values)


for each in ["none", "gzip", "snappy", "lz4", "zstd"]:
    register_codec(each)


@scenario("keeps headers, tombstones, empty values and timestamps")
async def keeps_bytes():
    topic = named("bytes")
    await create_topic(topic)
    headers = [("one", b"first"), ("bytes", b"\x00\xff"), ("one", b"again")]
    async with AIOKafkaProducer(bootstrap_servers=SERVERS) as producer:
        await producer.send_and_wait(topic, b"x", b"a", headers=headers, timestamp_ms=1_700_000_000_000)
        await producer.send_and_wait(topic, None, b"a")
        await producer.send_and_wait(topic, b"", None)
    first, second, third = await read_all(topic, 3)
    equal((list(first.headers), first.timestamp), (headers, 1_700_000_000_000))
    equal((second.key, second.value), (b"a", None))
    equal((third.key, third.value), (None, b""))


@scenario("seeks by offset, and finds offsets by timestamp")
async def seeks():
    topic = named("sought")
    await create_topic(topic)
    async with AIOKafkaProducer(bootstrap_servers=SERVERS) as producer:
        for at in range(10):
            await producer.send_and_wait(topic, f"{at}".encode(), timestamp_ms=1_700_000_000_000 + at)
    partition = TopicPartition(topic, 0)
    async with AIOKafkaConsumer(bootstrap_servers=SERVERS) as consumer:
        consumer.assign([partition])
        found = await consumer.offsets_for_times({partition: 1_700_000_000_004})
        equal(found[partition].offset, 4)
        consumer.seek(partition, 4)
        equal([message.value for message in await take([consumer], 6)], [f"{at}".encode() for at in range(4, 10)])


async def four_partitions(topic):
    await create_topic(topic, 4)
    for partition in range(4):
        await produce(topic, [f"{partition}/{at}" for at in range(10)], partition)


async def shares(consumers, sizes):
    until = time.monotonic() + PATIENCE_SECONDS
    while sorted(len(consumer.assignment()) for consumer in consumers) != sizes:
        assert time.monotonic() < until, [consumer.assignment() for consumer in consumers]
        await asyncio.gather(*[consumer.getmany(timeout_ms=50) for consumer in consumers])


def register_assignor(assignor):
    @scenario(f"divides a topic between two members ({assignor.name}), and again when one leaves")
    async def divides():
        topic = named(f"divided-{assignor.name}")
        await four_partitions(topic)
        settings = {"partition_assignment_strategy": [assignor], "heartbeat_interval_ms": 300}
        consumers = [await member(topic, topic, **settings) for _ in range(2)]
        await shares(consumers, [2, 2])
        await consumers[1].stop()
        await shares(consumers[:1], [4])
        await consumers[0].stop()


for each in [RangePartitionAssignor, RoundRobinPartitionAssignor, StickyPartitionAssignor]:
    register_assignor(each)


@scenario("goes on after what the group has committed")
async def commits():
    topic = named("committed")
    await four_partitions(topic)
    first = await member(topic, topic, enable_auto_commit=False)
    await take([first], 40)
    await first.commit({TopicPartition(topic, at): (7, "note") for at in range(4)})
    equal(await first.committed(TopicPartition(topic, 1)), 7)
    await first.stop()
    second = await member(topic, topic)
    values = sorted(message.value.decode() for message in await take([second], 12))
    equal(values, [f"{partition}/{at}" for partition in range(4) for at in [7, 8, 9]])
    await second.stop()


@scenario("joins as a static member")
async def static_members():
    topic = named("static")
    await four_partitions(topic)
    settings = {"group_instance_id": "one", "session_timeout_ms": 30_000}
    first = await member(topic, topic, **settings)
    await take([first], 40)
    await first.stop()
    second = await member(topic, topic, **settings)
    await shares([second], [4])
    await second.stop()


@scenario("lists groups and their offsets")
async def administers_groups():
    topic = named("grouped")
    await four_partitions(topic)
    consumer = await member(topic, topic)
    await take([consumer], 40)
    await consumer.commit()

    async def work(admin):
        assert topic in [group[0] for group in await admin.list_consumer_groups()]
        [answer] = await admin.describe_consumer_groups([topic])
        equal(answer.groups[0][2], "Stable")
        offsets = await admin.list_consumer_group_offsets(topic)
        equal(sorted(offset.offset for offset in offsets.values()), [10, 10, 10, 10])

    await with_admin(work)
    await consumer.stop()


@scenario("produces idempotently")
async def idempotent():
    topic = named("once")
    await create_topic(topic)
    values = [f"{at}" for at in range(500)]
    await produce(topic, values, enable_idempotence=True)
    equal([message.value.decode() for message in await read_all(topic, 500)], values)


@scenario("commits and aborts transactions, of which readers see what was committed", "transactions")
async def transacts():
    topic = named("transacted")
    await create_topic(topic)
    async with AIOKafkaProducer(bootstrap_servers=SERVERS, transactional_id=named("tx")) as producer:
        for value, is_committed in [(b"one", True), (b"two", False), (b"three", True)]:
            await producer.begin_transaction()
            await producer.send_and_wait(topic, value)
            await (producer.commit_transaction() if is_committed else producer.abort_transaction())
    clean = await read_all(topic, 2, isolation_level="read_committed")
    equal([message.value for message in clean], [b"one", b"three"])
    equal(len(await read_all(topic, 3)), 3)


@scenario("sends offsets with a transaction", "transactions")
async def sends_offsets():
    source, sink, group = named("tx-source"), named("tx-sink"), named("tx-group")
    await create_topic(source)
    await create_topic(sink)
    await produce(source, ["in"])
    partition = TopicPartition(source, 0)
    async with AIOKafkaProducer(bootstrap_servers=SERVERS, transactional_id=named("tx-offsets")) as producer:
        for is_committed in [False, True]:
            await producer.begin_transaction()
            await producer.send_and_wait(sink, f"out {is_committed}".encode())
            await producer.send_offsets_to_transaction({partition: 1}, group)
            await (producer.commit_transaction() if is_committed else producer.abort_transaction())
            offsets = await with_admin(lambda admin: admin.list_consumer_group_offsets(group))
            equal(offsets[partition].offset if partition in offsets else -1, 1 if is_committed else -1)
    clean = await read_all(sink, 1, isolation_level="read_committed")
    equal([message.value for message in clean], [b"out True"])


@scenario("is fenced by a later producer of the same id", "transactions")
async def fences():
    topic = named("fenced")
    await create_topic(topic)
    first = AIOKafkaProducer(bootstrap_servers=SERVERS, transactional_id=named("fenced"))
    await first.start()
    await first.begin_transaction()
    await first.send_and_wait(topic, b"lost")
    async with AIOKafkaProducer(bootstrap_servers=SERVERS, transactional_id=named("fenced")) as second:
        async with second.transaction():
            await second.send_and_wait(topic, b"kept")
    await fails_with(ProducerFenced, first.commit_transaction())
    clean = await read_all(topic, 1, isolation_level="read_committed")
    equal([message.value for message in clean], [b"kept"])


@scenario("writes for the others")
async def writes_cross():
    if not CROSS_TOPIC:
        return
    for at, (key, value, headers, timestamp) in enumerate(cross_records()):
        codec = [None, "gzip", "snappy", "lz4", "zstd"][at % 5]
        async with AIOKafkaProducer(bootstrap_servers=SERVERS, compression_type=codec) as producer:
            await producer.send_and_wait(CROSS_TOPIC, value, key, headers=headers, timestamp_ms=timestamp)


async def read_cross(topic):
    expected = cross_records()
    read = await read_all(topic, len(expected))
    equal([(one.key, one.value, list(one.headers), one.timestamp) for one in read], expected)


run_all(f"aiokafka {aiokafka.__version__}", read_cross)
