import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { defineJob, loadJob } from '../../../runtime/job/index.js';
import { readYaml } from '../../../runtime/job/yaml-file.js';

const documented = [...readFileSync('docs/graph.md', 'utf8').matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(
  ([, text]) => text,
);

test.each(documented)('docs/graph.md: %#', async (text) => {
  const { value, places } = readYaml('graph.md', text)[0];
  const job = await defineJob(value, places, '/');
  expect(job.plan.nodes.length).toBeGreaterThan(2);
  expect(job.warnings).toEqual([]);
});

const examples = readdirSync('examples').filter((name) => /\.(yaml|sql)$/.test(name));

test.each(examples)('examples/%s is valid', async (name) => {
  const job = await loadJob(join('examples', name));
  expect(job.plan.nodes.length).toBeGreaterThan(1);
});
