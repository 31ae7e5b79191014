/**
 * Compiles the script of 300 lines again and again in this process, and prints the CPU milliseconds of each as JSON: the first is
 * cold. CPU time, so that other processes don't count; V8's compiler does.
 */
import { sink } from '../../runtime/connectors/filesystem/sink.js';
import { source } from '../../runtime/connectors/filesystem/source.js';
import { sink as print } from '../../runtime/connectors/print/index.js';
import { compileSql } from '../../runtime/sql/compile.js';
import { longScript } from './long-script.js';

const script = longScript();
const connectors = { filesystem: { source, sink }, print: { sink: print } };
const times: number[] = [];
for (let i = 0; i < 30; i++) {
  const before = process.cpuUsage();
  compileSql(script, { mode: 'streaming', connectors, formats: { json: { options: {} } } });
  const { user, system } = process.cpuUsage(before);
  times.push((user + system) / 1000);
}
console.log(JSON.stringify(times));
