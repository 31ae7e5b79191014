#!/usr/bin/env node
/** The command line. Each command is a file of commands/, loaded only when it is asked for: starting is quick. */
import yargs, { type CommandModule } from 'yargs';
import { hideBin } from 'yargs/helpers';
import { formatError, toErrorMessage } from '../api/index.js';

/** Name and one line of help; the rest is in the command's file. */
const COMMANDS: readonly (readonly [name: string, help: string, load: () => Promise<{ command: CommandModule<any, any> }>])[] = [
  ['run', 'Run a job on this machine', () => import('./commands/run.js')],
  ['coordinator', 'Run the coordinator of a job', () => import('./commands/coordinator.js')],
  ['runner', 'Run a runner of a job', () => import('./commands/runner.js')],
];

async function main(args: string[]): Promise<void> {
  const asked = COMMANDS.find(([name]) => args.includes(name));
  let cli = yargs(args).scriptName('tidewheel').strict().demandCommand(1, 'say what to do').help().version().wrap(100);
  if (asked) cli = cli.command((await asked[2]()).command);
  else for (const [name, help] of COMMANDS) cli = cli.command(name, help);
  cli = cli.fail((message, error) => {
    if (error) throw error;
    console.error(`tidewheel: ${message}; see tidewheel ${asked ? `${asked[0]} ` : ''}--help`);
    process.exit(2);
  });
  await cli.parseAsync();
}

try {
  await main(hideBin(process.argv));
} catch (error) {
  const problems = (error as { problems?: unknown[] }).problems ?? [error];
  for (const problem of problems) console.error(formatError(toErrorMessage(problem)));
  process.exitCode = 1;
}
