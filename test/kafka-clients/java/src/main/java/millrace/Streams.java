package millrace;

import static millrace.Connections.consumer;
import static millrace.Connections.createTopic;
import static millrace.Connections.produce;
import static millrace.Connections.settings;
import static millrace.Connections.take;
import static millrace.Scenarios.equal;
import static millrace.Scenarios.eventually;
import static millrace.Scenarios.named;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.AppInfoParser;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;

/** Kafka Streams: its own topics for repartitioning and changelogs, its assignor, and its transactions. */
public final class Streams {
  private static final int RECORDS = 300;
  private static final int WORDS = 7;

  private Streams() {}

  public static void main(String[] arguments) throws Exception {
    Scenarios scenarios = new Scenarios();
    scenarios.add("counts words, over a repartition topic and a changelog", () -> counts("counted", "at_least_once"));
    scenarios.add("counts words exactly once", "transactions", () -> counts("counted-once", "exactly_once_v2"));
    scenarios.add("restores its state from the changelog", Streams::restores);
    scenarios.runAll("kafka-streams " + AppInfoParser.getVersion(), topic -> {});
  }

  private static Properties propertiesOf(String name, String guarantee) throws Exception {
    Properties properties = new Properties();
    properties.putAll(settings());
    properties.put("application.id", named(name));
    properties.put("processing.guarantee", guarantee);
    properties.put("commit.interval.ms", 200);
    // Streams does not leave its group when it is closed: the next run waits until the session is over.
    properties.put("session.timeout.ms", 6_000);
    properties.put("heartbeat.interval.ms", 1_000);
    properties.put("state.dir", Files.createTempDirectory("streams-").toString());
    properties.put("auto.offset.reset", "earliest");
    return properties;
  }

  private static KafkaStreams count(String name, String guarantee) throws Exception {
    StreamsBuilder builder = new StreamsBuilder();
    KTable<String, Long> counts =
        builder.<byte[], byte[]>stream(named(name + "-in"))
            .groupBy((key, value) -> new String(value), Grouped.with(Serdes.String(), Serdes.ByteArray()))
            .count(Materialized.with(Serdes.String(), Serdes.Long()));
    counts.toStream().to(named(name + "-out"), Produced.with(Serdes.String(), Serdes.Long()));
    Properties properties = propertiesOf(name, guarantee);
    properties.put("default.key.serde", Serdes.ByteArraySerde.class.getName());
    properties.put("default.value.serde", Serdes.ByteArraySerde.class.getName());
    KafkaStreams streams = new KafkaStreams(builder.build(), properties);
    streams.start();
    eventually("running", () -> streams.state() == KafkaStreams.State.RUNNING);
    return streams;
  }

  private static void feed(String name) throws Exception {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int at = 0; at < RECORDS; at++) {
      records.add(new ProducerRecord<>(named(name + "-in"), ("word" + at % WORDS).getBytes()));
    }
    produce(records);
  }

  /** The last count of each word, once they add up to all that was fed. */
  private static void expectTotal(String name, long total) {
    Map<String, Long> last = new HashMap<>();
    try (var reader = consumer("isolation.level", "read_committed", "group.id", named(name + "-reader-" + total))) {
      reader.subscribe(List.of(named(name + "-out")));
      for (long until = System.nanoTime() + Duration.ofSeconds(30).toNanos(); sum(last) < total; ) {
        if (System.nanoTime() > until) throw new AssertionError(last);
        for (var one : take(reader, 1)) last.put(new String(one.key()), ByteBuffer.wrap(one.value()).getLong());
      }
    }
    equal(sum(last), total);
    equal(last.size(), WORDS);
  }

  private static long sum(Map<String, Long> counts) {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }

  private static void counts(String name, String guarantee) throws Exception {
    createTopic(named(name + "-in"), 2);
    createTopic(named(name + "-out"), 1);
    feed(name);
    try (KafkaStreams streams = count(name, guarantee)) {
      expectTotal(name, RECORDS);
    }
  }

  /** The second run has another state directory, so that it counts on from what the topic alone kept. */
  private static void restores() throws Exception {
    counts("restored", "at_least_once");
    feed("restored");
    try (KafkaStreams streams = count("restored", "at_least_once")) {
      expectTotal("restored", 2L * RECORDS);
    }
  }
}
