package millrace;

import static millrace.Connections.ADMIN;
import static millrace.Connections.createTopic;
import static millrace.Connections.fourPartitions;
import static millrace.Connections.member;
import static millrace.Connections.producer;
import static millrace.Connections.readAll;
import static millrace.Connections.record;
import static millrace.Connections.values;
import static millrace.Scenarios.equal;
import static millrace.Scenarios.failsWith;
import static millrace.Scenarios.named;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ProducerFencedException;

/** Transactions of the Java client. */
final class Transactions {
  private static final String FEATURE = "transactions";

  private Transactions() {}

  static void addTo(Scenarios scenarios) {
    scenarios.add(
        "commits and aborts transactions, of which readers see what was committed", FEATURE, Transactions::transacts);
    scenarios.add("consumes, transforms and produces in transactions", FEATURE, Transactions::transforms);
    scenarios.add("is fenced by a later producer of the same id", FEATURE, Transactions::fences);
    scenarios.add("lists, describes and fences transactional ids", FEATURE, Transactions::administers);
  }

  private static void transacts() throws Exception {
    String topic = named("transacted");
    createTopic(topic, 1);
    try (var producer = producer("transactional.id", topic)) {
      producer.initTransactions();
      for (String value : List.of("one", "two", "three")) {
        producer.beginTransaction();
        producer.send(record(topic, null, value)).get();
        if (value.equals("two")) producer.abortTransaction();
        else producer.commitTransaction();
      }
    }
    equal(values(readAll(topic, 2, "isolation.level", "read_committed")), List.of("one", "three"));
    equal(values(readAll(topic, 3)), List.of("one", "two", "three"));
  }

  private static void transforms() throws Exception {
    String source = named("tx-source");
    String sink = named("tx-sink");
    fourPartitions(source);
    createTopic(sink, 1);
    try (var producer = producer("transactional.id", sink);
        var consumer =
            member("tx-source", "enable.auto.commit", false, "isolation.level", "read_committed", "max.poll.records", 15)) {
      producer.initTransactions();
      for (int done = 0; done < 40; ) {
        var records = consumer.poll(Duration.ofMillis(200));
        if (records.isEmpty()) continue;
        producer.beginTransaction();
        for (var one : records) producer.send(record(sink, null, new String(one.value())));
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        for (var partition : records.partitions()) {
          var last = records.records(partition).get(records.records(partition).size() - 1);
          offsets.put(partition, new OffsetAndMetadata(last.offset() + 1));
        }
        producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
        producer.commitTransaction();
        done += records.count();
      }
    }
    equal(readAll(sink, 40, "isolation.level", "read_committed").size(), 40);
    var committed = ADMIN.listConsumerGroupOffsets(source).partitionsToOffsetAndMetadata().get();
    equal(committed.values().stream().mapToLong(OffsetAndMetadata::offset).sum(), 40L);
  }

  private static void fences() throws Exception {
    String topic = named("fenced");
    createTopic(topic, 1);
    try (var first = producer("transactional.id", topic);
        var second = producer("transactional.id", topic)) {
      first.initTransactions();
      first.beginTransaction();
      first.send(record(topic, null, "lost")).get();
      second.initTransactions();
      second.beginTransaction();
      second.send(record(topic, null, "kept")).get();
      failsWith(ProducerFencedException.class, first::commitTransaction);
      second.commitTransaction();
    }
    equal(values(readAll(topic, 1, "isolation.level", "read_committed")), List.of("kept"));
  }

  private static void administers() throws Exception {
    String topic = named("watched");
    createTopic(topic, 1);
    try (var producer = producer("transactional.id", topic)) {
      producer.initTransactions();
      producer.beginTransaction();
      producer.send(record(topic, null, "one")).get();
      var listed = ADMIN.listTransactions().all().get();
      equal(listed.stream().anyMatch(one -> one.transactionalId().equals(topic)), true);
      var described = ADMIN.describeTransactions(List.of(topic)).description(topic).get();
      equal(described.topicPartitions().contains(new TopicPartition(topic, 0)), true);
      var partition = new TopicPartition(topic, 0);
      var producers = ADMIN.describeProducers(List.of(partition)).partitionResult(partition).get();
      equal(producers.activeProducers().get(0).currentTransactionStartOffset().getAsLong(), 0L);
      ADMIN.fenceProducers(List.of(topic)).all().get();
      failsWith(ProducerFencedException.class, producer::commitTransaction);
    }
  }
}
