/** A runner reads its arguments without the parser of command lines: as that one does, or it leaves them to it. */
import { describe, expect, test } from '@jest/globals';
import yargs from 'yargs';
import { command, plainArguments } from '../../../cli/commands/runner.js';

const GIVEN = ['--id', 'r-0', '--job', 'j'];

describe('arguments of a runner', () => {
  test.each([
    [GIVEN],
    [[...GIVEN, '--coordinator=host:1', '--host', 'h', '--bind-host', '0.0.0.0', '--http-port', '9100']],
    [[...GIVEN, '--address-file', '/a b', '--tls-dir', '/tls', '--log-level', 'debug', '--http-port=0']],
  ])('%j are what the parser makes of them', (argv) => {
    const builder = command.builder as (y: unknown) => unknown;
    const parsed = (builder(yargs([])) as ReturnType<typeof yargs>).parseSync(argv) as Record<string, unknown>;
    const plain = plainArguments(argv) as unknown as Record<string, unknown>;
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
    expect(plainArguments(argv)).toBeUndefined();
  });
});
