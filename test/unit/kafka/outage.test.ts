import { expect, test } from '@jest/globals';
import { Backoff } from '../../../runtime/connectors/kafka/client/backoff.js';
import { Outage } from '../../../runtime/connectors/kafka/client/outage.js';

test('an outage is said once when it begins and once when it is over, however many wait', () => {
  const lines: string[] = [];
  const at = (level: string) => (_fields: object, message: string) => void lines.push(`${level} ${message}`);
  const outage = new Outage({ debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') });
  const [a, b] = [{}, {}];
  expect(outage.status).toBeUndefined();
  outage.begin(a, 'broker 1 is away');
  outage.begin(b, 'broker 2 is away');
  outage.begin(a, 'broker 1 is still away');
  expect(outage.status).toMatch(/^broker 1 is still away \(and 1 more\); trying again since 20/);
  outage.end(a);
  outage.end(a);
  expect(outage.status).toMatch(/^broker 2 is away; trying again since/);
  outage.end(b);
  outage.end({});
  expect(outage.status).toBeUndefined();
  expect(lines).toEqual(['warn Kafka: waiting, and trying again', 'info Kafka: going on']);
});

test('waits grow by half up to their limit, and start over', () => {
  const backoff = new Backoff(100, 300, () => 0.5);
  expect([1, 2, 3, 4, 5].map(() => backoff.next())).toEqual([100, 150, 225, 300, 300]);
  backoff.reset();
  expect(backoff.next()).toBe(100);
});
