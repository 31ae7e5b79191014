/** A runner, and a coordinator, reads its arguments without the parser of command lines: as that one does, or it leaves them to it. */
import { describe, expect, test } from '@jest/globals';
import yargs from 'yargs';
import * as coordinator from '../../../cli/commands/coordinator.js';
import { command, runnerArguments } from '../../../cli/commands/runner.js';

const GIVEN = ['--id', 'r-0', '--job', 'j'];

describe('arguments of a runner', () => {
  test.each([
    [GIVEN],
    [[...GIVEN, '--coordinator=host:1', '--host', 'h', '--bind-host', '0.0.0.0', '--http-port', '9100']],
    [[...GIVEN, '--address-file', '/a b', '--tls-dir', '/tls', '--log-level', 'debug', '--http-port=0']],
  ])('%j are what the parser makes of them', (argv) => {
    const builder = command.builder as (y: unknown) => unknown;
    const parsed = (builder(yargs([])) as ReturnType<typeof yargs>).parseSync(argv) as Record<string, unknown>;
    const plain = runnerArguments(argv) as unknown as Record<string, unknown>;
    expect(Object.keys(plain).length).toBeGreaterThan(4);
    for (const [name, value] of Object.entries(plain)) expect([name, parsed[name]]).toEqual([name, value]);
  });

  test.each([
    [['--help']],
    [['--id', 'r-0']],
    [[...GIVEN, '--unknown', 'x']],
    [[...GIVEN, '--http-port', 'x']],
    [[...GIVEN, 'more']],
  ])('%j are left to the parser, which says what is wrong', (argv) => {
    expect(runnerArguments(argv)).toBeUndefined();
  });
});

describe('arguments of a coordinator', () => {
  test.each([
    [['job.json']],
    [['/etc/job.json', '--runners=0', '--stay', '--control-port', '6120', '--deployment=u-1', '--state-dir=/var/lib']],
    [['--state', 'disk', 'job.yaml', '--parallelism=3', '--idle', '--begin-id', 'b', '--begin-from=savepoints/a.json']],
  ])('%j are what the parser makes of them', (argv) => {
    const builder = coordinator.command.builder as (y: unknown) => unknown;
    const line = yargs([]).command({ command: '$0 <file>', builder: builder as never, handler: () => {} });
    const parsed = line.parseSync(argv) as Record<string, unknown>;
    const plain = coordinator.coordinatorArguments(argv) as unknown as Record<string, unknown>;
    expect(Object.keys(plain).length).toBeGreaterThan(8);
    for (const [name, value] of Object.entries(plain)) expect([name, parsed[name]]).toEqual([name, value]);
  });

  test.each([
    [[]],
    [['a', 'b']],
    [['a', '--state', 'ram']],
    [['a', '--runners', 'x']],
    [['a', '--stay=true']],
    [['--help']],
  ])('%j are left to the parser', (argv) => {
    expect(coordinator.coordinatorArguments(argv)).toBeUndefined();
  });
});
