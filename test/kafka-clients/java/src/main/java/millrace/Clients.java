package millrace;

import static millrace.Connections.ADMIN;
import static millrace.Connections.consumer;
import static millrace.Connections.createTopic;
import static millrace.Connections.fourPartitions;
import static millrace.Connections.numbered;
import static millrace.Connections.produce;
import static millrace.Connections.producer;
import static millrace.Connections.readAll;
import static millrace.Connections.take;
import static millrace.Connections.values;
import static millrace.Scenarios.CROSS_TOPIC;
import static millrace.Scenarios.SERVERS;
import static millrace.Scenarios.crossRecords;
import static millrace.Scenarios.equal;
import static millrace.Scenarios.failsWith;
import static millrace.Scenarios.named;
import static millrace.Scenarios.packed;
import static millrace.Scenarios.unpacked;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.utils.AppInfoParser;

/** Kafka's own Java clients: administration and records; Groups and Transactions hold the rest. */
public final class Clients {
  private static final List<String> CODECS = List.of("none", "gzip", "snappy", "lz4", "zstd");

  private Clients() {}

  public static void main(String[] arguments) throws Exception {
    Scenarios scenarios = new Scenarios();
    scenarios.add("administers topics", Clients::administers);
    scenarios.add("deletes records, and tells where partitions begin and end", Clients::deletesRecords);
    scenarios.add("hears the error that was made", Clients::hearsErrors);
    for (String codec : CODECS) scenarios.add("produces and reads " + codec, () -> producesWith(codec));
    scenarios.add("keeps headers, tombstones, empty values and timestamps", Clients::keepsBytes);
    scenarios.add("seeks by offset, and finds offsets by timestamp", Clients::seeks);
    scenarios.add("produces idempotently, in small batches", Clients::producesIdempotently);
    Groups.addTo(scenarios);
    Transactions.addTo(scenarios);
    scenarios.add("writes for the others", Clients::writesCross);
    scenarios.runAll("kafka-clients " + AppInfoParser.getVersion(), Clients::readCross);
  }

  private static void administers() throws Exception {
    String topic = named("administered");
    ADMIN.createTopics(List.of(new NewTopic(topic, 2, (short) 1).configs(Map.of("retention.ms", "600000")))).all().get();
    ADMIN.createPartitions(Map.of(topic, NewPartitions.increaseTo(3))).all().get();
    equal(ADMIN.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size(), 3);
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    equal(configOf(resource).get("retention.ms").value(), "600000");
    equal(configOf(resource).get("cleanup.policy").source(), ConfigEntry.ConfigSource.DEFAULT_CONFIG);
    Collection<AlterConfigOp> changes =
        List.of(
            new AlterConfigOp(new ConfigEntry("segment.ms", "60000"), AlterConfigOp.OpType.SET),
            new AlterConfigOp(new ConfigEntry("retention.ms", ""), AlterConfigOp.OpType.DELETE));
    ADMIN.incrementalAlterConfigs(Map.of(resource, changes)).all().get();
    equal(configOf(resource).get("segment.ms").value(), "60000");
    equal(configOf(resource).get("retention.ms").value(), "604800000");
    equal(ADMIN.describeCluster().nodes().get().size(), SERVERS.split(",").length);
    ADMIN.deleteTopics(List.of(topic)).all().get();
    equal(ADMIN.listTopics().names().get().contains(topic), false);
  }

  private static Config configOf(ConfigResource resource) throws Exception {
    return ADMIN.describeConfigs(List.of(resource)).all().get().get(resource);
  }

  private static void deletesRecords() throws Exception {
    String topic = named("trimmed");
    createTopic(topic, 1);
    produce(numbered(topic, 5));
    TopicPartition partition = new TopicPartition(topic, 0);
    ADMIN.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(3))).all().get();
    equal(offsetOf(partition, OffsetSpec.earliest()), 3L);
    equal(offsetOf(partition, OffsetSpec.latest()), 5L);
    equal(offsetOf(partition, OffsetSpec.maxTimestamp()) >= 3L, true);
  }

  private static long offsetOf(TopicPartition partition, OffsetSpec spec) throws Exception {
    return ADMIN.listOffsets(Map.of(partition, spec)).partitionResult(partition).get().offset();
  }

  private static void hearsErrors() throws Exception {
    String topic = named("mistaken");
    createTopic(topic, 2);
    failsWith(TopicExistsException.class, () -> createTopic(topic, 1));
    failsWith(InvalidTopicException.class, () -> createTopic("no/name", 1));
    NewTopic replicated = new NewTopic(named("x"), 1, (short) 99);
    failsWith(InvalidReplicationFactorException.class, () -> ADMIN.createTopics(List.of(replicated)).all().get());
    NewTopic configured = new NewTopic(named("x"), 1, (short) 1).configs(Map.of("retention.ms", "soon"));
    failsWith(InvalidConfigurationException.class, () -> ADMIN.createTopics(List.of(configured)).all().get());
    Map<String, NewPartitions> fewer = Map.of(topic, NewPartitions.increaseTo(1));
    failsWith(InvalidPartitionsException.class, () -> ADMIN.createPartitions(fewer).all().get());
    List<String> nowhere = List.of(named("nowhere"));
    failsWith(UnknownTopicOrPartitionException.class, () -> ADMIN.deleteTopics(nowhere).all().get());
    failsWith(UnknownTopicOrPartitionException.class, () -> ADMIN.describeTopics(nowhere).allTopicNames().get());
    failsWith(GroupIdNotFoundException.class, () -> ADMIN.deleteConsumerGroups(nowhere).all().get());
    var large = new ProducerRecord<byte[], byte[]>(topic, new byte[1_100_000]);
    failsWith(RecordTooLargeException.class, () -> produce(List.of(large), "max.request.size", 5_000_000));
    failsWith(OffsetOutOfRangeException.class, () -> readBeyond(topic));
  }

  private static void readBeyond(String topic) {
    try (var consumer = consumer("auto.offset.reset", "none")) {
      TopicPartition partition = new TopicPartition(topic, 0);
      consumer.assign(List.of(partition));
      consumer.seek(partition, 99);
      take(consumer, 1);
    }
  }

  private static void producesWith(String codec) throws Exception {
    String topic = named("codec-" + codec);
    createTopic(topic, 1);
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int at = 0; at < 200; at++) records.add(Connections.record(topic, null, "la".repeat(50) + at));
    produce(records, "compression.type", codec, "linger.ms", 20);
    equal(values(readAll(topic, 200)), records.stream().map(record -> new String(record.value())).toList());
  }

  private static void keepsBytes() throws Exception {
    String topic = named("bytes");
    createTopic(topic, 1);
    var first = new ProducerRecord<>(topic, null, 1_700_000_000_000L, "a".getBytes(), "x".getBytes());
    first.headers().add("one", "first".getBytes()).add("one", new byte[] {0, -1}).add("none", null);
    List<ProducerRecord<byte[], byte[]>> records =
        List.of(first, new ProducerRecord<>(topic, "a".getBytes(), null), new ProducerRecord<>(topic, new byte[0]));
    produce(records);
    List<ConsumerRecord<byte[], byte[]>> read = readAll(topic, 3);
    equal(Arrays.asList(read.get(0).headers().toArray()), Arrays.asList(first.headers().toArray()));
    equal(read.get(0).timestamp(), 1_700_000_000_000L);
    equal(read.get(1).value(), null);
    equal(read.get(2).key(), null);
    equal(read.get(2).value().length, 0);
  }

  private static void seeks() throws Exception {
    String topic = named("sought");
    createTopic(topic, 1);
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int at = 0; at < 10; at++) {
      records.add(new ProducerRecord<>(topic, 0, 1_700_000_000_000L + at, null, ("" + at).getBytes()));
    }
    produce(records);
    TopicPartition partition = new TopicPartition(topic, 0);
    try (var consumer = consumer()) {
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      take(consumer, 10);
      long found = consumer.offsetsForTimes(Map.of(partition, 1_700_000_000_004L)).get(partition).offset();
      equal(found, 4L);
      equal(consumer.offsetsForTimes(Map.of(partition, 1_800_000_000_000L)).get(partition), null);
      equal(consumer.endOffsets(List.of(partition)), Map.of(partition, 10L));
      consumer.seek(partition, found);
      equal(values(take(consumer, 6)), List.of("4", "5", "6", "7", "8", "9"));
    }
  }

  private static void producesIdempotently() throws Exception {
    String topic = named("once");
    createTopic(topic, 1);
    produce(numbered(topic, 2_000), "batch.size", 300, "linger.ms", 1);
    equal(values(readAll(topic, 2_000)), numbered(topic, 2_000).stream().map(one -> new String(one.value())).toList());
  }

  private static void writesCross() throws Exception {
    if (CROSS_TOPIC.isEmpty()) return;
    List<Scenarios.CrossRecord> records = crossRecords();
    for (int at = 0; at < records.size(); at++) {
      Scenarios.CrossRecord one = records.get(at);
      var written =
          new ProducerRecord<>(CROSS_TOPIC, 0, one.timestamp(), unpacked(one.key()), unpacked(one.value()));
      for (Scenarios.Header header : one.headers()) {
        written.headers().add(new RecordHeader(header.name(), unpacked(header.value())));
      }
      try (var producer = producer("compression.type", CODECS.get(at % CODECS.size()))) {
        producer.send(written).get();
      }
    }
  }

  private static void readCross(String topic) throws Exception {
    List<Scenarios.CrossRecord> read = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> one : readAll(topic, crossRecords().size())) {
      List<Scenarios.Header> headers = new ArrayList<>();
      one.headers().forEach(header -> headers.add(new Scenarios.Header(header.key(), packed(header.value()))));
      read.add(new Scenarios.CrossRecord(packed(one.key()), packed(one.value()), headers, one.timestamp()));
    }
    equal(read, crossRecords());
  }
}
