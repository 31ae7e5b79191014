/** Jobs of the graph body, each step a user's lambda: what the engine costs where it can't see what a step does. */
const READ = `      - name: events
        source:
          connector: filesystem
          path: $PATH
          format: json
          source.split-bytes: '9007199254740991'
          schema: >-
            event_type INT,
            bid ROW<auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, \`dateTime\` TIMESTAMP(3), extra STRING>,
            \`dateTime\` TIMESTAMP(3)
          time: dateTime
          delay: 4s
`;

const STEPS: Readonly<Record<string, string>> = {
  passthrough: '',
  filter: `      - { name: bids, filter: "(row) => row.event_type === 2 && row.bid.price > 100000" }
`,
  'windowed-count': `      - { name: bids, filter: "(row) => row.event_type === 2" }
      - name: counts
        window:
          key: "(row) => row.bid.auction"
          time: dateTime
          tumble: 10s
          init: "() => 0"
          add: "(n, row) => n + 1"
          result: "(n, auction, window) => ({ auction, end: window.end, n })"
`,
};

export const OWN_JOBS: readonly string[] = Object.keys(STEPS);

/** The job as YAML, reading the files of a folder and writing nowhere, or to the standard output. */
export function ownJob(name: string, folder: string, sink: 'blackhole' | 'print' = 'blackhole'): string {
  if (!Object.hasOwn(STEPS, name)) throw new Error(`there is no job ${name}; there are ${OWN_JOBS.join(', ')}`);
  return `apiVersion: tidewheel.dev/v1alpha1
kind: StreamJob
metadata: { name: bench-${name} }
spec:
  checkpoint: { interval: 1s, guarantee: exactly-once }
  graph:
    nodes:
${READ.replace('$PATH', JSON.stringify(folder))}${STEPS[name]}      - { name: out, sink: { connector: ${sink} } }
`;
}
