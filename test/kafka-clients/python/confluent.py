"""confluent-kafka, which is librdkafka."""

import time

import confluent_kafka
from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
    ResourceType,
)
from scenarios import CROSS_TOPIC, SERVERS, cross_records, equal, named, run_all, scenario

PATIENCE_SECONDS = 30

# The line that a program needs.
connection = {"bootstrap.servers": SERVERS}


_admins = []


def admin():
    """One for all: its promises are broken when it goes."""
    if not _admins:
        _admins.append(AdminClient(connection))
    return _admins[0]


def done(futures):
    """Waits for what an admin call promised, one resource each; answers the results."""
    return [future.result(PATIENCE_SECONDS) for future in futures.values()]


def create_topic(topic, partitions=1, config=None):
    done(admin().create_topics([NewTopic(topic, partitions, config=config or {})]))


def fails_with(code, work):
    try:
        work()
    except KafkaException as exception:
        equal(exception.args[0].code(), code)
        return
    raise AssertionError("it went well")


def produce(topic, values, partition=-1, **settings):
    producer = Producer({**connection, **settings})
    failures = []
    for value in values:
        producer.produce(
            topic, value, partition=partition, on_delivery=lambda error, _: error and failures.append(error)
        )
        producer.poll(0)
    equal(producer.flush(PATIENCE_SECONDS), 0)
    if failures:
        raise KafkaException(failures[0])


def consumer_of(group, **settings):
    return Consumer({**connection, "group.id": group, "auto.offset.reset": "earliest", **settings})


def take(consumers, count):
    """Polls them all until `count` messages came."""
    messages = []
    until = time.monotonic() + PATIENCE_SECONDS
    while len(messages) < count:
        if time.monotonic() > until:
            raise AssertionError(f"{len(messages)} messages of {count}")
        for consumer in consumers:
            message = consumer.poll(0.02)
            if message is not None and message.error() is None:
                messages.append(message)
            elif message is not None and not message.error().retriable():
                raise KafkaException(message.error())
    return messages


def read_all(topic, count, partition=0, **settings):
    consumer = consumer_of(named("reader"), **settings)
    consumer.assign([TopicPartition(topic, partition, 0)])
    messages = take([consumer], count)
    consumer.close()
    return messages


@scenario("administers topics")
def administers():
    topic = named("administered")
    create_topic(topic, 2, {"retention.ms": "600000"})
    client = admin()
    done(client.create_partitions([NewPartitions(topic, 3)]))
    until = time.monotonic() + PATIENCE_SECONDS
    while len(client.list_topics(topic, PATIENCE_SECONDS).topics[topic].partitions) != 3:
        assert time.monotonic() < until
    resource = ConfigResource(ResourceType.TOPIC, topic)
    [config] = done(client.describe_configs([resource]))
    equal(config["retention.ms"].value, "600000")
    equal(config["cleanup.policy"].is_default, True)
    entries = [
        ConfigEntry("segment.ms", "60000", incremental_operation=AlterConfigOpType.SET),
        ConfigEntry("retention.ms", None, incremental_operation=AlterConfigOpType.DELETE),
        ConfigEntry("cleanup.policy", "compact", incremental_operation=AlterConfigOpType.APPEND),
    ]
    done(client.incremental_alter_configs([ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)]))
    [config] = done(client.describe_configs([resource]))
    equal(config["segment.ms"].value, "60000")
    equal(config["retention.ms"].value, "604800000")
    equal(set(config["cleanup.policy"].value.split(",")), {"compact", "delete"})
    [description] = done(client.describe_topics(confluent_kafka.TopicCollection([topic])))
    equal([partition.id for partition in description.partitions], [0, 1, 2])
    cluster = client.describe_cluster().result(PATIENCE_SECONDS)
    equal(len(cluster.nodes), len(SERVERS.split(",")))
    done(client.delete_topics([topic]))
    assert topic not in client.list_topics(timeout=PATIENCE_SECONDS).topics


@scenario("deletes records, and tells where partitions begin and end")
def deletes_records():
    topic = named("trimmed")
    create_topic(topic)
    produce(topic, [f"{at}" for at in range(5)])
    client = admin()
    [deleted] = done(client.delete_records([TopicPartition(topic, 0, 3)]))
    equal(deleted.low_watermark, 3)
    partition = TopicPartition(topic, 0)
    [earliest] = done(client.list_offsets({partition: OffsetSpec.earliest()}))
    [latest] = done(client.list_offsets({partition: OffsetSpec.latest()}))
    equal((earliest.offset, latest.offset), (3, 5))


@scenario("hears the error that was made")
def errors():
    topic = named("mistaken")
    create_topic(topic, 2)
    client = admin()
    fails_with(KafkaError.TOPIC_ALREADY_EXISTS, lambda: create_topic(topic))
    fails_with(KafkaError.TOPIC_EXCEPTION, lambda: create_topic("no/name"))
    fails_with(KafkaError.INVALID_CONFIG, lambda: create_topic(named("x"), 1, {"retention.ms": "soon"}))
    fails_with(KafkaError.INVALID_PARTITIONS, lambda: done(client.create_partitions([NewPartitions(topic, 1)])))
    unknown = KafkaError.UNKNOWN_TOPIC_OR_PART
    fails_with(unknown, lambda: done(client.delete_topics([named("nowhere")])))
    fails_with(unknown, lambda: done(client.create_partitions([NewPartitions(named("nowhere"), 3)])))
    beyond = TopicPartition(topic, 0, 9)
    fails_with(KafkaError.OFFSET_OUT_OF_RANGE, lambda: done(client.delete_records([beyond])))
    too_large = "x" * 1_100_000
    fails_with(KafkaError.MSG_SIZE_TOO_LARGE, lambda: produce(topic, [too_large], **{"message.max.bytes": 5_000_000}))
    fails_with(KafkaError.GROUP_ID_NOT_FOUND, lambda: done(client.delete_consumer_groups([named("nobody")])))


def register_codec(codec):
    @scenario(f"produces and reads {codec}")
    def produces_and_reads():
        topic = named(f"codec-{codec}")
        create_topic(topic)
        values = [f"{codec} {'la' * 50} {at}".encode() for at in range(200)]
        produce(topic, values, **{"compression.type": codec, "linger.ms": 20})
        equal([message.value() for message in read_all(topic, 200)], values)


for codec in ["none", "gzip", "snappy", "lz4", "zstd"]:
    register_codec(codec)


@scenario("keeps headers, tombstones, empty values and timestamps")
def keeps_bytes():
    topic = named("bytes")
    create_topic(topic)
    producer = Producer(connection)
    headers = [("one", b"first"), ("bytes", b"\x00\xff"), ("one", b"again"), ("none", None)]
    producer.produce(topic, b"x", b"a", headers=headers, timestamp=1_700_000_000_000)
    producer.produce(topic, None, b"a")
    producer.produce(topic, b"", None)
    equal(producer.flush(PATIENCE_SECONDS), 0)
    first, second, third = read_all(topic, 3)
    equal(first.headers(), headers)
    equal(first.timestamp(), (confluent_kafka.TIMESTAMP_CREATE_TIME, 1_700_000_000_000))
    equal((second.key(), second.value()), (b"a", None))
    equal((third.key(), third.value()), (None, b""))


@scenario("seeks by offset, and finds offsets by timestamp")
def seeks():
    topic = named("sought")
    create_topic(topic)
    producer = Producer(connection)
    for at in range(10):
        producer.produce(topic, f"{at}", timestamp=1_700_000_000_000 + at)
    equal(producer.flush(PATIENCE_SECONDS), 0)
    consumer = consumer_of(named("seeker"))
    [found] = consumer.offsets_for_times([TopicPartition(topic, 0, 1_700_000_000_004)], PATIENCE_SECONDS)
    equal(found.offset, 4)
    equal(consumer.get_watermark_offsets(TopicPartition(topic, 0), PATIENCE_SECONDS), (0, 10))
    consumer.assign([TopicPartition(topic, 0, 0)])
    take([consumer], 10)
    consumer.seek(found)
    equal([message.value() for message in take([consumer], 6)], [b"4", b"5", b"6", b"7", b"8", b"9"])
    consumer.close()


def four_partitions(topic):
    create_topic(topic, 4)
    for partition in range(4):
        produce(topic, [f"{partition}/{at}" for at in range(10)], partition)


def shares(consumers, sizes):
    """Polls until the members have this many partitions, in some order, and no partition is given twice."""
    until = time.monotonic() + PATIENCE_SECONDS
    while sorted(len(consumer.assignment()) for consumer in consumers) != sizes:
        assert time.monotonic() < until, [consumer.assignment() for consumer in consumers]
        for consumer in consumers:
            consumer.poll(0.02)
    owned = [partition.partition for consumer in consumers for partition in consumer.assignment()]
    equal(len(set(owned)), len(owned))


def register_assignor(assignor, needs=None, **settings):
    @scenario(f"divides a topic between two members ({assignor}), and again when one leaves", needs)
    def divides():
        topic = group = named("divided-" + assignor.replace(", ", "-"))
        four_partitions(topic)
        consumers = [consumer_of(group, **settings) for _ in range(2)]
        for consumer in consumers:
            consumer.subscribe([topic])
        shares(consumers, [2, 2])
        consumers[1].close()
        shares(consumers[:1], [4])
        consumers[0].close()


for strategy in ["range", "roundrobin", "cooperative-sticky"]:
    register_assignor(strategy, **{"partition.assignment.strategy": strategy, "session.timeout.ms": 6000, "heartbeat.interval.ms": 300})
for remote in ["range", "uniform"]:
    register_assignor(
        f"KIP-848, {remote}",
        "consumer-protocol",
        **{"group.protocol": "consumer", "group.remote.assignor": remote},
    )


@scenario("goes on after what the group has committed")
def commits():
    topic = named("committed")
    four_partitions(topic)
    first = consumer_of(named("committed"), **{"enable.auto.commit": False})
    first.subscribe([topic])
    take([first], 40)
    first.commit(offsets=[TopicPartition(topic, at, 7, "note") for at in range(4)], asynchronous=False)
    [committed] = first.committed([TopicPartition(topic, 1)], PATIENCE_SECONDS)
    equal((committed.offset, committed.metadata), (7, "note"))
    first.close()
    second = consumer_of(named("committed"))
    second.subscribe([topic])
    values = sorted(message.value().decode() for message in take([second], 12))
    equal(values, [f"{partition}/{at}" for partition in range(4) for at in [7, 8, 9]])
    second.close()


@scenario("comes back as a static member to the partitions that it had")
def static_members():
    topic = named("static")
    four_partitions(topic)

    def member(instance):
        consumer = consumer_of(named("static"), **{"group.instance.id": instance, "session.timeout.ms": 30_000})
        consumer.subscribe([topic])
        return consumer

    one, two = member("one"), member("two")
    shares([one, two], [2, 2])
    before = sorted(partition.partition for partition in one.assignment())
    others = sorted(partition.partition for partition in two.assignment())
    one.close()
    equal(sorted(partition.partition for partition in two.assignment()), others)
    one = member("one")
    until = time.monotonic() + PATIENCE_SECONDS
    while not one.assignment():
        assert time.monotonic() < until
        one.poll(0.05)
        two.poll(0.05)
    equal(sorted(partition.partition for partition in one.assignment()), before)
    equal(sorted(partition.partition for partition in two.assignment()), others)
    one.close()
    two.close()


@scenario("lists, describes and deletes groups, and moves their offsets")
def administers_groups():
    topic = named("grouped")
    group = named("grouped")
    four_partitions(topic)
    consumer = consumer_of(group)
    consumer.subscribe([topic])
    take([consumer], 40)
    client = admin()
    listed = client.list_consumer_groups().result(PATIENCE_SECONDS)
    assert group in [one.group_id for one in listed.valid], listed.valid
    [description] = done(client.describe_consumer_groups([group]))
    equal((description.state.name, len(description.members), description.partition_assignor), ("STABLE", 1, "range"))
    owned = description.members[0].assignment.topic_partitions
    equal(sorted(partition.partition for partition in owned), [0, 1, 2, 3])
    fails_with(KafkaError.NON_EMPTY_GROUP, lambda: done(client.delete_consumer_groups([group])))
    consumer.close()
    moved = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, 2, 5)])
    done(client.alter_consumer_group_offsets([moved]))
    asked = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, 2)])
    [offsets] = done(client.list_consumer_group_offsets([asked]))
    equal(offsets.topic_partitions[0].offset, 5)
    done(client.delete_consumer_groups([group]))


@scenario("produces idempotently")
def idempotent():
    topic = named("once")
    create_topic(topic)
    values = [f"{at}".encode() for at in range(2000)]
    produce(topic, values, **{"enable.idempotence": True, "linger.ms": 1, "batch.num.messages": 50})
    equal([message.value() for message in read_all(topic, 2000)], values)


def transactional(name):
    producer = Producer({**connection, "transactional.id": named(name), "transaction.timeout.ms": 30_000})
    producer.init_transactions(PATIENCE_SECONDS)
    return producer


@scenario("commits and aborts transactions, of which readers see what was committed", "transactions")
def transacts():
    topic = named("transacted")
    create_topic(topic)
    producer = transactional("tx")
    for value, is_committed in [("one", True), ("two", False), ("three", True)]:
        producer.begin_transaction()
        producer.produce(topic, value)
        producer.flush(PATIENCE_SECONDS)
        if is_committed:
            producer.commit_transaction(PATIENCE_SECONDS)
        else:
            producer.abort_transaction(PATIENCE_SECONDS)
    equal([message.value() for message in read_all(topic, 2)], [b"one", b"three"])
    dirty = read_all(topic, 3, **{"isolation.level": "read_uncommitted"})
    equal([message.value() for message in dirty], [b"one", b"two", b"three"])


@scenario("sends offsets with a transaction", "transactions")
def sends_offsets():
    source, sink, group = named("tx-source"), named("tx-sink"), named("tx-group")
    create_topic(source)
    create_topic(sink)
    produce(source, ["in"])
    consumer = consumer_of(group, **{"enable.auto.commit": False})
    consumer.subscribe([source])
    take([consumer], 1)
    producer = transactional("tx-offsets")
    for is_committed in [False, True]:
        producer.begin_transaction()
        producer.produce(sink, f"out {is_committed}")
        metadata = consumer.consumer_group_metadata()
        producer.send_offsets_to_transaction([TopicPartition(source, 0, 1)], metadata, PATIENCE_SECONDS)
        if is_committed:
            producer.commit_transaction(PATIENCE_SECONDS)
        else:
            producer.abort_transaction(PATIENCE_SECONDS)
        [committed] = consumer.committed([TopicPartition(source, 0)], PATIENCE_SECONDS)
        equal(committed.offset, 1 if is_committed else confluent_kafka.OFFSET_INVALID)
    consumer.close()
    equal([message.value() for message in read_all(sink, 1)], [b"out True"])


@scenario("is fenced by a later producer of the same id", "transactions")
def fences():
    topic = named("fenced")
    create_topic(topic)
    first = transactional("fenced")
    first.begin_transaction()
    first.produce(topic, "lost")
    first.flush(PATIENCE_SECONDS)
    second = transactional("fenced")
    second.begin_transaction()
    second.produce(topic, "kept")
    try:
        first.commit_transaction(PATIENCE_SECONDS)
        raise AssertionError("it was not fenced")
    except KafkaException as exception:
        assert exception.args[0].fatal(), exception
    second.commit_transaction(PATIENCE_SECONDS)
    equal([message.value() for message in read_all(topic, 1)], [b"kept"])


@scenario("writes for the others")
def writes_cross():
    if not CROSS_TOPIC:
        return
    for at, (key, value, headers, timestamp) in enumerate(cross_records()):
        producer = Producer({**connection, "compression.type": ["none", "gzip", "snappy", "lz4", "zstd"][at % 5]})
        producer.produce(CROSS_TOPIC, value, key, headers=headers, timestamp=timestamp)
        equal(producer.flush(PATIENCE_SECONDS), 0)


def read_cross(topic):
    expected = cross_records()
    read = read_all(topic, len(expected))
    equal([(one.key(), one.value(), one.headers() or [], one.timestamp()[1]) for one in read], expected)


run_all(f"confluent-kafka {confluent_kafka.version()} with librdkafka {confluent_kafka.libversion()[0]}", read_cross)
