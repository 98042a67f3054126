package millrace;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** What the Java programs share: what the suite tells them, and how they report. */
final class Scenarios {
  static final String SERVERS = told("KAFKA_SERVERS");
  static final String CROSS_TOPIC = told("KAFKA_CROSS_TOPIC");
  private static final List<String> FEATURES = Arrays.asList(told("KAFKA_FEATURES").split(","));
  private static final int SCENARIO_SECONDS = 45;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, Body> bodies = new LinkedHashMap<>();

  interface Body {
    void run() throws Exception;
  }

  interface CrossReader {
    void read(String topic) throws Exception;
  }

  /** A header, whose bytes are shown as text so that headers can be compared. */
  record Header(String name, String value) {}

  /** What each client writes and every other one must read, its bytes as Base64. */
  record CrossRecord(String key, String value, List<Header> headers, long timestamp) {}

  private static String told(String name) {
    return Objects.requireNonNullElse(System.getenv(name), "");
  }

  /** A name that no other run has. */
  static String named(String name) {
    return told("KAFKA_PREFIX") + name;
  }

  static String packed(byte[] bytes) {
    return bytes == null ? null : Base64.getEncoder().encodeToString(bytes);
  }

  static byte[] unpacked(String text) {
    return text == null ? null : Base64.getDecoder().decode(text);
  }

  static List<CrossRecord> crossRecords() throws Exception {
    List<CrossRecord> records = new ArrayList<>();
    for (JsonNode one : JSON.readTree(new File(told("KAFKA_CROSS_RECORDS")))) {
      List<Header> headers = new ArrayList<>();
      for (JsonNode header : one.get("headers")) {
        headers.add(new Header(header.get(0).asText(), header.get(1).asText()));
      }
      String key = one.get("key").isNull() ? null : one.get("key").asText();
      String value = one.get("value").isNull() ? null : one.get("value").asText();
      records.add(new CrossRecord(key, value, headers, one.get("timestamp").asLong()));
    }
    return records;
  }

  static void equal(Object actual, Object expected) {
    if (!Objects.equals(actual, expected)) throw new AssertionError(actual + " is not " + expected);
  }

  /** Runs what must fail, and answers its cause. */
  static void failsWith(Class<? extends Exception> expected, Body body) throws Exception {
    try {
      body.run();
    } catch (Exception exception) {
      Throwable cause = exception;
      while (!expected.isInstance(cause) && cause.getCause() != null) cause = cause.getCause();
      if (!expected.isInstance(cause)) throw exception;
      return;
    }
    throw new AssertionError("it went well");
  }

  static void eventually(String what, BooleanSupplier isSo) throws Exception {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!isSo.getAsBoolean()) {
      if (System.nanoTime() > until) throw new AssertionError("not within 30 s: " + what);
      Thread.sleep(20);
    }
  }

  void add(String name, Body body) {
    bodies.put(name, body);
  }

  /** A scenario of a part of the protocol that a platform may not have. */
  void add(String name, String needs, Body body) {
    if (FEATURES.contains(needs)) add(name, body);
  }

  /** Runs and reports every scenario, or reads what the other clients wrote when the suite says so. */
  void runAll(String client, CrossReader crossReader) throws Exception {
    String reads = told("KAFKA_CROSS_READS");
    Map<String, Body> chosen = bodies;
    if (!reads.isEmpty()) {
      chosen = new LinkedHashMap<>();
      for (String read : reads.split(",")) {
        String[] parts = read.split("=");
        chosen.put("reads what " + parts[0] + " wrote", () -> crossReader.read(parts[1]));
      }
    }
    ExecutorService executor = Executors.newCachedThreadPool();
    for (Map.Entry<String, Body> one : chosen.entrySet()) {
      long started = System.nanoTime();
      String error = null;
      try {
        executor
            .submit(
                () -> {
                  one.getValue().run();
                  return null;
                })
            .get(SCENARIO_SECONDS, TimeUnit.SECONDS);
      } catch (Exception exception) {
        error = trace(exception instanceof ExecutionException ? exception.getCause() : exception);
      }
      Map<String, Object> line = new LinkedHashMap<>();
      line.put("scenario", one.getKey());
      line.put("ok", error == null);
      line.put("ms", TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - started));
      if (error != null) line.put("error", error);
      System.out.println(JSON.writeValueAsString(line));
    }
    System.out.println(JSON.writeValueAsString(Map.of("client", client)));
    System.out.flush();
    Runtime.getRuntime().halt(0);
  }

  private static String trace(Throwable trouble) {
    StringWriter text = new StringWriter();
    trouble.printStackTrace(new PrintWriter(text));
    return text.toString();
  }
}
