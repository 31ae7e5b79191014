/** Job files for tests, without a disk. */

import { defineJob, InvalidJobError, type JobDefinition } from '../../../runtime/job/index.js';
import { readYaml } from '../../../runtime/job/yaml-file.js';
import { fixedCatalog } from './fixed-catalog.js';

/** Compiles a graph body given as the lines of `nodes:`. */
export async function defineGraph(nodes: string, spec = ''): Promise<JobDefinition> {
  return defineText(`apiVersion: tidewheel.dev/v1alpha1
kind: StreamJob
metadata: { name: test }
spec:${spec ? `\n  ${spec}` : ''}
  graph:
    nodes:
${nodes.replace(/^/gm, '      ')}
`);
}

export async function defineText(text: string): Promise<JobDefinition> {
  const { value, places } = readYaml('job.yaml', text)[0];
  return defineJob(value, places, '/jobs', { catalog: fixedCatalog });
}

/** The problems of a job, a line each, without `job.yaml:`. */
export async function problemsOf(job: Promise<JobDefinition>): Promise<string[]> {
  try {
    await job;
  } catch (error) {
    if (!(error instanceof InvalidJobError)) throw error;
    return error
      .toString()
      .split('\n')
      .map((line) => line.replace(/^job\.yaml:/, ''));
  }
  return [];
}
