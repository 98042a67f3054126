package millrace;

import static millrace.Connections.ADMIN;
import static millrace.Connections.PATIENCE;
import static millrace.Connections.consumerSettings;
import static millrace.Connections.createTopic;
import static millrace.Connections.fourPartitions;
import static millrace.Connections.member;
import static millrace.Connections.numbered;
import static millrace.Connections.produce;
import static millrace.Connections.take;
import static millrace.Connections.values;
import static millrace.Scenarios.equal;
import static millrace.Scenarios.failsWith;
import static millrace.Scenarios.named;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.clients.consumer.RoundRobinAssignor;
import org.apache.kafka.clients.consumer.StickyAssignor;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Members of groups, of every kind that the Java client has. */
final class Groups {
  private static final Map<String, Class<?>> ASSIGNORS =
      Map.of(
          "range", RangeAssignor.class,
          "roundrobin", RoundRobinAssignor.class,
          "sticky", StickyAssignor.class,
          "cooperative-sticky", CooperativeStickyAssignor.class);
  private static final String DIVIDES = "divides a topic between two members (%s), and again when one leaves";

  private Groups() {}

  static void addTo(Scenarios scenarios) {
    ASSIGNORS.forEach(
        (name, assignor) ->
            scenarios.add(
                DIVIDES.formatted(name),
                () ->
                    divides("divided-" + name, "partition.assignment.strategy", assignor.getName(), "heartbeat.interval.ms", 300)));
    for (String remote : List.of("uniform", "range")) {
      scenarios.add(
          DIVIDES.formatted("KIP-848, " + remote),
          "consumer-protocol",
          () -> divides("divided-848-" + remote, "group.protocol", "consumer", "group.remote.assignor", remote));
    }
    scenarios.add("goes on after what the group has committed", () -> commits("committed"));
    scenarios.add(
        "goes on after what the group has committed (KIP-848)",
        "consumer-protocol",
        () -> commits("committed-848", "group.protocol", "consumer"));
    scenarios.add("comes back as a static member to the partitions that it had", () -> staticMembers("static"));
    scenarios.add(
        "comes back as a static member to the partitions that it had (KIP-848)",
        "consumer-protocol",
        () -> staticMembers("static-848", "group.protocol", "consumer"));
    scenarios.add("lists, describes and deletes groups, and moves their offsets", Groups::administersGroups);
    scenarios.add("shares the records of a topic (KIP-932)", "share-groups", Groups::sharesRecords);
  }

  /** Polls them all until they own that much each, in some order, and nothing is owned twice. */
  private static void shares(Collection<? extends Consumer<?, ?>> consumers, int... sizes) {
    for (long until = System.nanoTime() + PATIENCE.toNanos(); ; ) {
      int[] owned = consumers.stream().mapToInt(consumer -> consumer.assignment().size()).sorted().toArray();
      if (Arrays.equals(owned, sizes)) break;
      if (System.nanoTime() > until) throw new AssertionError(Arrays.toString(owned));
      for (Consumer<?, ?> consumer : consumers) consumer.poll(Duration.ofMillis(50));
    }
    Set<TopicPartition> all = new HashSet<>();
    for (Consumer<?, ?> consumer : consumers) {
      for (TopicPartition partition : consumer.assignment()) equal(all.add(partition), true);
    }
  }

  private static void divides(String name, Object... settings) throws Exception {
    fourPartitions(named(name));
    var one = member(name, settings);
    var two = member(name, settings);
    shares(List.of(one, two), 2, 2);
    two.close();
    shares(List.of(one), 4);
    one.close();
  }

  private static void commits(String name, Object... settings) throws Exception {
    fourPartitions(named(name));
    try (var first = member(name, settings)) {
      take(first, 40);
      Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
      for (int at = 0; at < 4; at++) offsets.put(new TopicPartition(named(name), at), new OffsetAndMetadata(7, "note"));
      first.commitSync(offsets);
      equal(first.committed(offsets.keySet()), offsets);
      first.unsubscribe();
    }
    try (var second = member(name, settings)) {
      List<String> read = new ArrayList<>(values(take(second, 12)));
      read.sort(null);
      equal(List.of(read.get(0), read.get(11)), List.of("0/7", "3/9"));
    }
  }

  private static Consumer<byte[], byte[]> instance(String name, String id, Object... settings) {
    Object[] all = Arrays.copyOf(settings, settings.length + 2);
    all[settings.length] = "group.instance.id";
    all[settings.length + 1] = id;
    return member(name, all);
  }

  private static void staticMembers(String name, Object... settings) throws Exception {
    fourPartitions(named(name));
    var one = instance(name, "one", settings);
    var two = instance(name, "two", settings);
    shares(List.of(one, two), 2, 2);
    Set<TopicPartition> before = one.assignment();
    Set<TopicPartition> others = two.assignment();
    one.close();
    one = instance(name, "one", settings);
    shares(List.of(one, two), 2, 2);
    equal(one.assignment(), before);
    equal(two.assignment(), others);
    one.close();
    two.close();
  }

  private static void administersGroups() throws Exception {
    String name = named("grouped");
    fourPartitions(name);
    TopicPartition third = new TopicPartition(name, 2);
    try (var consumer = member("grouped")) {
      take(consumer, 40);
      equal(ADMIN.listGroups().all().get().stream().anyMatch(group -> group.groupId().equals(name)), true);
      var description = ADMIN.describeConsumerGroups(List.of(name)).all().get().get(name);
      equal(description.groupState().toString(), "Stable");
      equal(description.members().iterator().next().assignment().topicPartitions().size(), 4);
      failsWith(GroupNotEmptyException.class, () -> ADMIN.deleteConsumerGroups(List.of(name)).all().get());
    }
    ADMIN.alterConsumerGroupOffsets(name, Map.of(third, new OffsetAndMetadata(5))).all().get();
    equal(ADMIN.listConsumerGroupOffsets(name).partitionsToOffsetAndMetadata().get().get(third).offset(), 5L);
    ADMIN.deleteConsumerGroupOffsets(name, Set.of(third)).all().get();
    equal(ADMIN.listConsumerGroupOffsets(name).partitionsToOffsetAndMetadata().get().get(third), null);
    ADMIN.deleteConsumerGroups(List.of(name)).all().get();
  }

  /** Half are accepted, half released once, and in the end all were accepted once. */
  private static void sharesRecords() throws Exception {
    String name = named("shared");
    createTopic(name, 2);
    Map<String, Object> settings =
        consumerSettings("group.id", name, "share.acknowledgement.mode", "explicit");
    settings.remove("auto.offset.reset");
    Set<String> released = new HashSet<>();
    Set<String> accepted = new HashSet<>();
    try (var consumer = new KafkaShareConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.subscribe(List.of(name));
      // A share group begins at what comes from its first fetch on.
      for (long until = System.nanoTime() + 3_000_000_000L; System.nanoTime() < until; ) {
        equal(consumer.poll(Duration.ofMillis(200)).isEmpty(), true);
      }
      produce(numbered(name, 20));
      for (long until = System.nanoTime() + PATIENCE.toNanos(); accepted.size() < 20; ) {
        if (System.nanoTime() > until) throw new AssertionError("accepted " + accepted.size());
        for (var record : consumer.poll(Duration.ofMillis(200))) {
          String value = new String(record.value());
          boolean isReleased = Integer.parseInt(value) % 2 == 0 && released.add(value);
          equal(record.deliveryCount().isPresent(), true);
          if (!isReleased) equal(accepted.add(value), true);
          consumer.acknowledge(record, isReleased ? AcknowledgeType.RELEASE : AcknowledgeType.ACCEPT);
        }
        consumer.commitSync();
      }
    }
    equal(released.size(), 10);
  }
}
