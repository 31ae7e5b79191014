import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.LookupTableSource;
import org.apache.flink.table.connector.source.lookup.LookupFunctionProvider;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.factories.DynamicTableSourceFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.LookupFunction;

/**
 * The connector `file-lookup`: a file of lines `key,value` in a table (BIGINT, STRING) that is read whole when the task opens and
 * asked by the key. Flink 1 had this in its file connector, where Nexmark's q13 took it from; Flink 2 has no lookup of files.
 */
public final class FlinkFileLookup implements DynamicTableSourceFactory {
  private static final ConfigOption<String> PATH = ConfigOptions.key("path").stringType().noDefaultValue();

  @Override
  public String factoryIdentifier() {
    return "file-lookup";
  }

  @Override
  public Set<ConfigOption<?>> requiredOptions() {
    return Set.of(PATH);
  }

  @Override
  public Set<ConfigOption<?>> optionalOptions() {
    return Set.of();
  }

  @Override
  public DynamicTableSource createDynamicTableSource(Context context) {
    FactoryUtil.TableFactoryHelper helper = FactoryUtil.createTableFactoryHelper(this, context);
    helper.validate();
    return new Source(helper.getOptions().get(PATH));
  }

  private record Source(String path) implements LookupTableSource {
    @Override
    public LookupRuntimeProvider getLookupRuntimeProvider(LookupContext context) {
      int[][] keys = context.getKeys();
      if (keys.length != 1 || keys[0].length != 1 || keys[0][0] != 0) {
        throw new UnsupportedOperationException("file-lookup is asked by its first column");
      }
      return LookupFunctionProvider.of(new Lookup(path));
    }

    @Override
    public DynamicTableSource copy() {
      return this;
    }

    @Override
    public String asSummaryString() {
      return "file-lookup";
    }
  }

  /** Public, for the code that Flink generates calls it. */
  public static final class Lookup extends LookupFunction {
    private final String path;
    private transient Map<Long, List<RowData>> rows;

    public Lookup(String path) {
      this.path = path;
    }

    @Override
    public void open(FunctionContext context) throws Exception {
      rows = new HashMap<>();
      for (String line : Files.readAllLines(Path.of(path))) {
        int comma = line.indexOf(',');
        long key = Long.parseLong(line.substring(0, comma));
        RowData row = GenericRowData.of(key, StringData.fromString(line.substring(comma + 1)));
        rows.computeIfAbsent(key, none -> new ArrayList<>(1)).add(row);
      }
    }

    @Override
    public Collection<RowData> lookup(RowData key) throws IOException {
      return rows.getOrDefault(key.getLong(0), List.of());
    }
  }
}
