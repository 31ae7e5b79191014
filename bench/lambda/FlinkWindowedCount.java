import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import org.apache.flink.api.common.JobExecutionResult;
import org.apache.flink.api.common.accumulators.LongCounter;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.file.src.FileSource;
import org.apache.flink.connector.file.src.reader.TextLineInputFormat;
import org.apache.flink.core.fs.Path;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectReader;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.streaming.api.functions.windowing.ProcessWindowFunction;
import org.apache.flink.streaming.api.windowing.assigners.TumblingEventTimeWindows;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.util.Collector;

/**
 * Bids of each auction in windows of ten seconds, by lambdas on Flink's DataStream API: what bench/own/jobs.ts does in the graph
 * body. Arguments: folder of the events, parallelism, folder for checkpoints, runs. Each run prints a line of JSON; the earlier ones
 * warm the JVM up.
 */
public final class FlinkWindowedCount {
  private static final DateTimeFormatter TIME =
      new DateTimeFormatterBuilder().appendPattern("uuuu-MM-dd HH:mm:ss.SSS").toFormatter();

  @JsonIgnoreProperties(ignoreUnknown = true)
  public static final class Bid {
    public long auction;
    public long bidder;
    public long price;
    public String channel;
    public String url;
    public String dateTime;
    public String extra;
  }

  @JsonIgnoreProperties(ignoreUnknown = true)
  public static final class Event {
    public int event_type;
    public Bid bid;
    public String dateTime;
    public long timeMs;
  }

  public static final class Counted {
    public long auction;
    public long end;
    public long n;
  }

  public static final class Parse extends RichMapFunction<String, Event> {
    private transient ObjectReader reader;

    @Override
    public void open(OpenContext context) {
      reader = new ObjectMapper().readerFor(Event.class);
    }

    @Override
    public Event map(String line) throws Exception {
      Event event = reader.readValue(line);
      event.timeMs = LocalDateTime.parse(event.dateTime, TIME).toInstant(ZoneOffset.UTC).toEpochMilli();
      return event;
    }
  }

  public static final class Count implements AggregateFunction<Event, Long, Long> {
    @Override
    public Long createAccumulator() {
      return 0L;
    }

    @Override
    public Long add(Event event, Long n) {
      return n + 1;
    }

    @Override
    public Long getResult(Long n) {
      return n;
    }

    @Override
    public Long merge(Long a, Long b) {
      return a + b;
    }
  }

  public static final class WithWindow extends ProcessWindowFunction<Long, Counted, Long, TimeWindow> {
    private final LongCounter windows = new LongCounter();
    private final LongCounter bids = new LongCounter();

    @Override
    public void open(OpenContext context) {
      getRuntimeContext().addAccumulator("windows", windows);
      getRuntimeContext().addAccumulator("bids", bids);
    }

    @Override
    public void process(Long auction, Context context, Iterable<Long> counts, Collector<Counted> out) {
      Counted counted = new Counted();
      counted.auction = auction;
      counted.end = context.window().getEnd();
      counted.n = counts.iterator().next();
      windows.add(1L);
      bids.add(counted.n);
      out.collect(counted);
    }
  }

  public static void main(String[] args) throws Exception {
    int runs = Integer.parseInt(args[3]);
    for (int i = 0; i < runs; i++) System.out.println(run(args[0], Integer.parseInt(args[1]), args[2]));
  }

  private static String run(String folder, int parallelism, String checkpoints) throws Exception {
    Configuration config = new Configuration();
    config.setString("execution.checkpointing.interval", "1s");
    config.setString("execution.checkpointing.mode", "EXACTLY_ONCE");
    config.setString("execution.checkpointing.dir", "file://" + checkpoints);
    config.setString("state.backend.type", "hashmap");
    config.setString("pipeline.object-reuse", "true");
    config.setString("restart-strategy.type", "none");
    StreamExecutionEnvironment env = StreamExecutionEnvironment.createLocalEnvironment(parallelism, config);
    FileSource<String> files = FileSource.forRecordStreamFormat(new TextLineInputFormat(), new Path(folder)).build();
    WatermarkStrategy<Event> times =
        WatermarkStrategy.<Event>forBoundedOutOfOrderness(Duration.ofSeconds(4)).withTimestampAssigner((event, at) -> event.timeMs);
    DataStream<Event> events =
        env.fromSource(files, WatermarkStrategy.noWatermarks(), "events").map(new Parse()).assignTimestampsAndWatermarks(times);
    events
        .filter(event -> event.event_type == 2)
        .keyBy(event -> event.bid.auction)
        .window(TumblingEventTimeWindows.of(Duration.ofSeconds(10)))
        .aggregate(new Count(), new WithWindow())
        .sinkTo(new DiscardingSink<>());
    var os = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long cpu = os.getProcessCpuTime();
    long wall = System.nanoTime();
    JobExecutionResult result = env.execute();
    return String.format(
        "{\"wallS\":%s,\"cpuS\":%s,\"windows\":%d,\"bids\":%d}",
        (System.nanoTime() - wall) / 1e9,
        (os.getProcessCpuTime() - cpu) / 1e9,
        (Long) result.getAccumulatorResult("windows"),
        (Long) result.getAccumulatorResult("bids"));
  }
}
