package millrace;

import static millrace.Scenarios.SERVERS;
import static millrace.Scenarios.named;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Clients as the scenarios use them: the address, and what a scenario is about. */
final class Connections {
  static final Duration PATIENCE = Duration.ofSeconds(30);
  static final Admin ADMIN = Admin.create(settings());

  private Connections() {}

  /** The line that a program needs, and settings in pairs. */
  static Map<String, Object> settings(Object... pairs) {
    Map<String, Object> settings = new HashMap<>(Map.of("bootstrap.servers", SERVERS));
    for (int at = 0; at < pairs.length; at += 2) settings.put((String) pairs[at], pairs[at + 1]);
    return settings;
  }

  static KafkaProducer<byte[], byte[]> producer(Object... pairs) {
    return new KafkaProducer<>(settings(pairs), new ByteArraySerializer(), new ByteArraySerializer());
  }

  static Map<String, Object> consumerSettings(Object... pairs) {
    Map<String, Object> settings = settings(pairs);
    settings.putIfAbsent("auto.offset.reset", "earliest");
    return settings;
  }

  static KafkaConsumer<byte[], byte[]> consumer(Object... pairs) {
    return new KafkaConsumer<>(consumerSettings(pairs), new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  static void createTopic(String topic, int partitions) throws Exception {
    ADMIN.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all().get();
  }

  static ProducerRecord<byte[], byte[]> record(String topic, Integer partition, String value) {
    return new ProducerRecord<>(topic, partition, null, value.getBytes());
  }

  static List<ProducerRecord<byte[], byte[]>> numbered(String topic, int count) {
    return IntStream.range(0, count).mapToObj(at -> record(topic, null, "" + at)).toList();
  }

  static void produce(List<ProducerRecord<byte[], byte[]>> records, Object... pairs) throws Exception {
    try (var producer = producer(pairs)) {
      var sent = new ArrayList<java.util.concurrent.Future<?>>();
      for (var record : records) sent.add(producer.send(record));
      for (var one : sent) one.get();
    }
  }

  /** Four partitions of ten records, which say where they are. */
  static void fourPartitions(String topic) throws Exception {
    createTopic(topic, 4);
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int partition = 0; partition < 4; partition++) {
      for (int at = 0; at < 10; at++) records.add(record(topic, partition, partition + "/" + at));
    }
    produce(records);
  }

  /** Polls until so many records came. */
  static List<ConsumerRecord<byte[], byte[]>> take(Consumer<byte[], byte[]> consumer, int count) {
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (long until = System.nanoTime() + PATIENCE.toNanos(); records.size() < count; ) {
      if (System.nanoTime() > until) throw new AssertionError(records.size() + " records of " + count);
      consumer.poll(Duration.ofMillis(100)).forEach(records::add);
    }
    return records;
  }

  static List<ConsumerRecord<byte[], byte[]>> readAll(String topic, int count, Object... pairs) {
    try (var consumer = consumer(pairs)) {
      TopicPartition partition = new TopicPartition(topic, 0);
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      return take(consumer, count);
    }
  }

  static List<String> values(List<ConsumerRecord<byte[], byte[]>> records) {
    return records.stream().map(record -> new String(record.value())).toList();
  }

  static KafkaConsumer<byte[], byte[]> member(String name, Object... pairs) {
    var consumer = new KafkaConsumer<>(withGroup(name, pairs), new ByteArrayDeserializer(), new ByteArrayDeserializer());
    consumer.subscribe(List.of(named(name)));
    return consumer;
  }

  private static Map<String, Object> withGroup(String name, Object... pairs) {
    Map<String, Object> settings = consumerSettings(pairs);
    settings.put("group.id", named(name));
    return settings;
  }
}
