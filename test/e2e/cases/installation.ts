/** What the chart installs, and what it may do. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { OPERATOR_NAMESPACE, RELEASE } from '../../../scripts/cluster/kind-cluster.js';
import { renderInstall } from '../../../scripts/cluster/render-install.js';
import type { E2eCluster } from '../../harness/kind/index.js';

export function installation(cluster: () => E2eCluster): void {
  describe('a fresh installation', () => {
    test('is what install.yaml has', async () => {
      expect(readFileSync('charts/install.yaml', 'utf8')).toBe(await renderInstall());
    });

    test('passes helm test', async () => {
      const said = await cluster().kind.helm(['test', RELEASE, '--namespace', OPERATOR_NAMESPACE, '--timeout', '120s']);
      expect(said).toMatch(/Phase:\s+Succeeded/);
    });

    test.each([
      ['enter pods', 'create', 'pods/exec'],
      ['read which Secrets there are', 'list', 'secrets'],
      ['make roles', 'create', 'clusterroles.rbac.authorization.k8s.io'],
      ['read nodes', 'get', 'nodes'],
    ])('has an operator that may not %s', async (_, verb, resource) => {
      const account = `system:serviceaccount:${OPERATOR_NAMESPACE}:${RELEASE}-operator`;
      const answer = await cluster()
        .kind.kubectl(['auth', 'can-i', verb, resource, '--as', account, '--all-namespaces'])
        .catch((error: { output?: string }) => error.output ?? String(error));
      expect(answer.trim().split('\n').at(-1)).toBe('no');
    });
  });
}
