/**
 * `kubectl tidewheel …`: kubectl runs what it finds on the PATH as `kubectl-tidewheel`, which is this command line under another
 * name. Jobs are then always those of the cluster, and commands for this machine are not there.
 */
import { basename } from 'node:path';

/** Commands that would otherwise look for a job on this machine. */
const OF_EITHER: ReadonlySet<string> = new Set(['status', 'savepoint', 'rescale']);
const OF_PLUGIN: ReadonlySet<string> = new Set([...OF_EITHER, 'suspend', 'resume', 'logs', 'explain', 'validate']);

/** Whether it was called by kubectl. `program` is the path that it was started by. */
export function isKubectlPlugin(program: string | undefined): boolean {
  return /^kubectl-tidewheel(\.js|\.exe)?$/.test(basename(program ?? ''));
}

export function isPluginCommand(command: string): boolean {
  return OF_PLUGIN.has(command);
}

/** The arguments as the command line itself would have them. */
export function pluginArguments(argv: readonly string[]): string[] {
  const [command, ...rest] = argv;
  if (command === undefined || !OF_EITHER.has(command)) return [...argv];
  return [command, '--cluster', ...rest];
}
