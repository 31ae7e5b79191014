import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.File;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.Writer;
import java.lang.management.ManagementFactory;
import java.math.BigDecimal;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.JsonNodeFactory;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.StatementSet;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.MultisetType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.TimeType;
import org.apache.flink.table.types.logical.LocalZonedTimestampType;
import org.apache.flink.table.types.logical.TimestampType;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;

/**
 * Runs Flink SQL scripts in a local environment: one job as JSON per line of standard input, one answer as JSON per
 * line of standard output, in order. The JVM stays up between jobs and ends with its standard input.
 *
 * A job: {"script", "mode": "batch" or "streaming", "parallelism", "output": path or null, "config": {}, "timeoutMs"}.
 * Its answer: {"ok": true, "wallMs", "cpuSeconds", "statements": [{"kind", "rows", "wallMs", "cpuSeconds"}]},
 * or {"ok": false, "error", "statement", ...}.
 *
 * What a query answers is appended to the output: {"statement": n, "columns": [{"name", "type"}]} and then
 * {"statement": n, "kind": "+I", "row": [values]} for each change. BIGINT and DECIMAL are strings, so that no reader
 * loses digits; times are text as CAST(... AS STRING) writes it (LTZ in UTC, with a Z); bytes are hex; a map is a list
 * of pairs; NaN and the infinities are strings.
 */
public final class FlinkSqlRunner {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final Pattern SET =
      Pattern.compile("SET\\s+'([^']*)'\\s*=\\s*'([^']*)'", Pattern.CASE_INSENSITIVE);
  private static final com.sun.management.OperatingSystemMXBean OS =
      (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
  private static final ScheduledExecutorService TIMER =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "timer");
            thread.setDaemon(true);
            return thread;
          });

  public static void main(String[] args) throws Exception {
    PrintStream answers = System.out;
    // The print connector writes to standard output, which carries the answers.
    System.setOut(System.err);
    LinkedBlockingQueue<String> jobs = new LinkedBlockingQueue<>();
    Thread input =
        new Thread(
            () -> {
              try (BufferedReader lines =
                  new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
                for (String line; (line = lines.readLine()) != null; ) jobs.add(line);
              } catch (Exception e) {
                e.printStackTrace();
              }
              // Whoever started this JVM is done or dead: nobody else removes its scratch folder.
              removeTree(new File(System.getProperty("java.io.tmpdir")), Boolean.getBoolean("scratch"));
              Runtime.getRuntime().halt(0);
            },
            "input");
    input.setDaemon(true);
    input.start();
    while (true) {
      ObjectNode answer = new FlinkSqlRunner(JSON.readTree(jobs.take())).run();
      answers.println(JSON.writeValueAsString(answer));
      answers.flush();
    }
  }

  private static void removeTree(File file, boolean wanted) {
    if (!wanted) return;
    File[] children = file.listFiles();
    if (children != null) for (File child : children) removeTree(child, true);
    file.delete();
  }

  /** Slots of one cluster for all jobs; 0: each statement starts a cluster of its own, as a local environment does. */
  private static final int SHARED_SLOTS = Integer.getInteger("slots", 0);

  private static MiniCluster shared;

  private static MiniCluster sharedCluster() throws Exception {
    if (shared == null) {
      Configuration config = new Configuration();
      config.setString("rest.bind-port", "0");
      config.setString("rest.bind-address", "127.0.0.1");
      config.setString("rest.address", "127.0.0.1");
      shared =
          new MiniCluster(
              new MiniClusterConfiguration.Builder()
                  .setConfiguration(config)
                  .setNumTaskManagers(1)
                  .setNumSlotsPerTaskManager(SHARED_SLOTS)
                  .build());
      shared.start();
    }
    return shared;
  }

  private final JsonNode job;
  private final ArrayNode statements = NODES.arrayNode();
  private volatile JobClient running;
  private volatile boolean timedOut;

  private FlinkSqlRunner(JsonNode job) {
    this.job = job;
  }

  private ObjectNode run() {
    ObjectNode answer = NODES.objectNode();
    long wall = System.nanoTime();
    long cpu = OS.getProcessCpuTime();
    ScheduledFuture<?> timeout = TIMER.schedule(this::giveUp, job.path("timeoutMs").asLong(600_000), TimeUnit.MILLISECONDS);
    int[] at = {0};
    try (Writer output = openOutput()) {
      StreamTableEnvironment tables = environment();
      List<String> script = split(job.get("script").asText());
      for (; at[0] < script.size(); at[0]++) at[0] = execute(tables, script, at[0], output);
      answer.put("ok", true);
    } catch (Throwable error) {
      answer.put("ok", false);
      answer.put("error", timedOut ? "timed out; " + reasons(error) : reasons(error));
      answer.put("statement", at[0]);
    } finally {
      timeout.cancel(false);
    }
    answer.put("wallMs", (System.nanoTime() - wall) / 1_000_000.0);
    answer.put("cpuSeconds", (OS.getProcessCpuTime() - cpu) / 1e9);
    answer.set("statements", statements);
    return answer;
  }

  private void giveUp() {
    timedOut = true;
    JobClient client = running;
    if (client != null) client.cancel();
  }

  private Writer openOutput() throws Exception {
    String path = job.path("output").asText(null);
    return path == null ? Writer.nullWriter() : new BufferedWriter(Files.newBufferedWriter(Path.of(path)), 1 << 16);
  }

  private StreamTableEnvironment environment() throws Exception {
    Configuration config = new Configuration();
    config.setString("table.local-time-zone", "UTC");
    config.setString("restart-strategy.type", "none");
    for (Map.Entry<String, JsonNode> each : job.path("config").properties()) {
      config.setString(each.getKey(), each.getValue().asText());
    }
    int parallelism = job.path("parallelism").asInt(1);
    config.setString("parallelism.default", String.valueOf(parallelism));
    StreamExecutionEnvironment streams;
    if (SHARED_SLOTS > 0) {
      URI rest = sharedCluster().getRestAddress().get();
      streams = StreamExecutionEnvironment.createRemoteEnvironment(rest.getHost(), rest.getPort(), config);
      streams.setParallelism(parallelism);
    } else {
      streams = StreamExecutionEnvironment.createLocalEnvironment(parallelism, config);
    }
    EnvironmentSettings.Builder settings = EnvironmentSettings.newInstance().withConfiguration(config);
    boolean batch = job.path("mode").asText("streaming").equals("batch");
    return StreamTableEnvironment.create(streams, (batch ? settings.inBatchMode() : settings.inStreamingMode()).build());
  }

  /** Executes the statement at the index, or the whole BEGIN STATEMENT SET; ... END; there. Answers the last index used. */
  private int execute(StreamTableEnvironment tables, List<String> script, int index, Writer output) throws Exception {
    String statement = script.get(index);
    long wall = System.nanoTime();
    long cpu = OS.getProcessCpuTime();
    String kind = "other";
    long rows = 0;
    Matcher set = SET.matcher(statement);
    int last = index;
    if (set.matches()) {
      tables.getConfig().set(set.group(1), set.group(2));
    } else if (words(statement).startsWith("BEGIN STATEMENT SET")) {
      StatementSet inserts = tables.createStatementSet();
      for (last++; !words(script.get(last)).equals("END"); last++) inserts.addInsertSql(script.get(last));
      kind = "insert";
      await(inserts.execute());
    } else {
      TableResult result = tables.executeSql(statement);
      running = result.getJobClient().orElse(null);
      if (timedOut) giveUp();
      if (isQuery(statement)) {
        kind = "select";
        rows = collect(result, index, output);
      } else if (running != null) {
        kind = "insert";
        await(result);
      }
      running = null;
    }
    ObjectNode done = statements.addObject();
    done.put("kind", kind);
    done.put("rows", rows);
    done.put("wallMs", (System.nanoTime() - wall) / 1_000_000.0);
    done.put("cpuSeconds", (OS.getProcessCpuTime() - cpu) / 1e9);
    return last;
  }

  private void await(TableResult result) throws Exception {
    running = result.getJobClient().orElse(null);
    if (timedOut) giveUp();
    result.await();
    running = null;
  }

  private static boolean isQuery(String statement) {
    String words = words(statement);
    return words.startsWith("(") || words.matches("(SELECT|WITH|VALUES|SHOW|DESC|DESCRIBE|EXPLAIN|TABLE)\\b.*");
  }

  private static long collect(TableResult result, int statement, Writer output) throws Exception {
    List<Column> columns = result.getResolvedSchema().getColumns();
    List<LogicalType> types = new ArrayList<>();
    ObjectNode header = NODES.objectNode().put("statement", statement);
    ArrayNode described = header.putArray("columns");
    for (Column column : columns) {
      LogicalType type = column.getDataType().getLogicalType();
      types.add(type);
      described.addObject().put("name", column.getName()).put("type", type.asSerializableString());
    }
    output.write(JSON.writeValueAsString(header) + "\n");
    long rows = 0;
    try (CloseableIterator<Row> all = result.collect()) {
      while (all.hasNext()) {
        Row row = all.next();
        ObjectNode line = NODES.objectNode().put("statement", statement).put("kind", row.getKind().shortString());
        ArrayNode values = line.putArray("row");
        for (int i = 0; i < types.size(); i++) values.add(value(row.getField(i), types.get(i)));
        output.write(JSON.writeValueAsString(line) + "\n");
        rows++;
      }
    }
    return rows;
  }

  private static JsonNode value(Object value, LogicalType type) {
    if (value == null) return NODES.nullNode();
    switch (type.getTypeRoot()) {
      case BOOLEAN:
        return NODES.booleanNode((Boolean) value);
      case TINYINT:
      case SMALLINT:
      case INTEGER:
        return NODES.numberNode(((Number) value).intValue());
      case FLOAT:
      case DOUBLE:
        double number = ((Number) value).doubleValue();
        if (Double.isNaN(number) || Double.isInfinite(number)) return NODES.textNode(String.valueOf(number));
        // A FLOAT keeps its own shortest digits: 0.1, not 0.10000000149011612.
        return value instanceof Float ? NODES.numberNode((Float) value) : NODES.numberNode(number);
      case DECIMAL:
        return NODES.textNode(((BigDecimal) value).toPlainString());
      case BINARY:
      case VARBINARY:
        return NODES.textNode(HexFormat.of().formatHex((byte[]) value));
      case TIME_WITHOUT_TIME_ZONE:
        return NODES.textNode(clock("HH:mm:ss", ((TimeType) type).getPrecision()).format((LocalTime) value));
      case TIMESTAMP_WITHOUT_TIME_ZONE:
        int digits = ((TimestampType) type).getPrecision();
        return NODES.textNode(clock("uuuu-MM-dd HH:mm:ss", digits).format((LocalDateTime) value));
      case TIMESTAMP_WITH_LOCAL_TIME_ZONE:
        LocalDateTime utc = LocalDateTime.ofInstant((Instant) value, ZoneOffset.UTC);
        int fraction = ((LocalZonedTimestampType) type).getPrecision();
        return NODES.textNode(clock("uuuu-MM-dd HH:mm:ss", fraction).format(utc) + "Z");
      case ARRAY:
        ArrayNode items = NODES.arrayNode();
        LogicalType item = ((ArrayType) type).getElementType();
        // An array of primitives is int[] and the like.
        int length = java.lang.reflect.Array.getLength(value);
        for (int i = 0; i < length; i++) items.add(value(java.lang.reflect.Array.get(value, i), item));
        return items;
      case MAP:
        return pairs((Map<?, ?>) value, ((MapType) type).getKeyType(), ((MapType) type).getValueType());
      case MULTISET:
        return pairs((Map<?, ?>) value, ((MultisetType) type).getElementType(), new org.apache.flink.table.types.logical.IntType());
      case ROW:
        ObjectNode fields = NODES.objectNode();
        List<RowType.RowField> declared = ((RowType) type).getFields();
        for (int i = 0; i < declared.size(); i++) {
          fields.set(declared.get(i).getName(), value(((Row) value).getField(i), declared.get(i).getType()));
        }
        return fields;
      default:
        // CHAR, VARCHAR, BIGINT, DATE and intervals as they write themselves.
        return NODES.textNode(String.valueOf(value));
    }
  }

  private static ArrayNode pairs(Map<?, ?> map, LogicalType keyType, LogicalType valueType) {
    ArrayNode pairs = NODES.arrayNode();
    map.forEach((key, value) -> pairs.addArray().add(value(key, keyType)).add(value(value, valueType)));
    return pairs;
  }

  private static DateTimeFormatter clock(String pattern, int fractionDigits) {
    return DateTimeFormatter.ofPattern(fractionDigits == 0 ? pattern : pattern + "." + "S".repeat(fractionDigits));
  }

  /** The statement in capitals, comments dropped, white space single. */
  private static String words(String statement) {
    return statement.replaceAll("--[^\\n]*", " ").replaceAll("(?s)/\\*(?!\\+).*?\\*/", " ").replaceAll("\\s+", " ").trim().toUpperCase();
  }

  /** Cuts a script at its semicolons; EXECUTE STATEMENT SET BEGIN ...; END stays one statement. */
  static List<String> split(String script) {
    List<String> statements = new ArrayList<>();
    StringBuilder current = new StringBuilder();
    for (int i = 0; i < script.length(); i++) {
      char c = script.charAt(i);
      int end = i;
      if (c == '\'' || c == '`') end = script.indexOf(c, i + 1);
      else if (script.startsWith("--", i)) end = script.indexOf('\n', i) < 0 ? script.length() - 1 : script.indexOf('\n', i);
      else if (script.startsWith("/*", i)) end = script.indexOf("*/", i) + 1;
      if (end < i) throw new IllegalArgumentException("not closed: " + script.substring(i, Math.min(script.length(), i + 40)));
      if (end > i || c != ';') {
        // A comment is no part of a statement, but a hint is.
        boolean comment = end > i && (c == '-' || c == '/') && !script.startsWith("/*+", i);
        current.append(comment ? " " : script.substring(i, end + 1));
        i = end;
        continue;
      }
      String words = words(current.toString());
      if (words.startsWith("EXECUTE STATEMENT SET") && !words.endsWith(" END")) {
        current.append(c);
        continue;
      }
      if (!words.isEmpty()) statements.add(current.toString().trim());
      current.setLength(0);
    }
    if (!current.toString().isBlank()) statements.add(current.toString().trim());
    return statements;
  }

  private static String reasons(Throwable error) {
    StringBuilder text = new StringBuilder();
    for (Throwable cause = error; cause != null && text.length() < 4_000; cause = cause.getCause()) {
      if (text.length() > 0) text.append("\ncaused by ");
      text.append(cause.getClass().getName()).append(": ").append(cause.getMessage());
    }
    return text.toString();
  }
}
