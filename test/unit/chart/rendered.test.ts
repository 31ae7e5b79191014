/** What the chart renders. Helm is what renders it: without helm on the PATH there is nothing to look at. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { renderChart } from '../../../scripts/cluster/render-install.js';

const NAME = 'tidewheel-operator';
const hasHelm = spawnSync('helm', ['version']).status === 0;

async function rendered(...args: string[]): Promise<any[]> {
  const text = await renderChart(['--skip-tests', ...args]);
  return parseAllDocuments(text)
    .map((d) => d.toJS())
    .filter(Boolean);
}
const namesOf = (objects: any[], kind: string) =>
  objects.filter((o) => o.kind === kind).map((o) => `${o.metadata.namespace ?? ''}/${o.metadata.name}`);
const operatorOf = (objects: any[]) =>
  objects.find((o) => o.kind === 'Deployment').spec.template.spec.containers.find((c: any) => c.name === 'operator');

(hasHelm ? describe : describe.skip)('the rendered chart', () => {
  test('without namespaces the operator watches all, by a ClusterRole', async () => {
    const objects = await rendered();
    expect(namesOf(objects, 'ClusterRoleBinding')).toEqual(['/tidewheel-operator']);
    expect(namesOf(objects, 'Role')).toEqual(['tidewheel-system/tidewheel-operator-leader']);
    const env = operatorOf(objects).env.find((e: any) => e.name === 'TIDEWHEEL_NAMESPACES');
    expect(env.value).toBe('');
  });

  test('with several namespaces it has the same rights in each of them by a Role, and none elsewhere', async () => {
    const all = (await rendered()).find((o) => o.kind === 'ClusterRole' && o.metadata.name === NAME);
    const objects = await rendered('--set', 'watch.namespaces={team-a,team-b}');
    expect(namesOf(objects, 'ClusterRoleBinding')).toEqual([]);
    const roles = objects.filter((o) => o.kind === 'Role' && o.metadata.name === NAME);
    expect(roles.map((r) => r.metadata.namespace)).toEqual(['team-a', 'team-b']);
    for (const role of roles) expect(role.rules).toEqual(all.rules);
    for (const binding of objects.filter((o) => o.kind === 'RoleBinding' && o.metadata.name === NAME)) {
      expect(binding.roleRef).toMatchObject({ kind: 'Role', name: NAME });
      expect(binding.subjects).toEqual([{ kind: 'ServiceAccount', name: NAME, namespace: 'tidewheel-system' }]);
    }
    const env = operatorOf(objects).env.find((e: any) => e.name === 'TIDEWHEEL_NAMESPACES');
    expect(env.value).toBe('team-a,team-b');
  });

  test('the operator reaches what it asks: coordinators, routers and servers of models, by their labels and ports', async () => {
    const { spec } = (await rendered()).find((o) => o.kind === 'NetworkPolicy' && o.metadata.name === NAME);
    const reached = spec.egress.flatMap((rule: any) =>
      (rule.to ?? []).map((to: any) => [to.podSelector.matchLabels['tidewheel.dev/component'], rule.ports[0].port]),
    );
    expect(reached).toEqual([
      ['coordinator', 6121],
      ['model-router', 8081],
      ['model-server', 8080],
    ]);
  });

  test('readiness and liveness are asked of different paths', async () => {
    const operator = operatorOf(await rendered());
    expect(operator.readinessProbe.httpGet.path).toBe('/readyz');
    expect(operator.livenessProbe.httpGet.path).toBe('/healthz');
  });

  test('monitoring and dashboard come only when asked for, and look where the jobs are', async () => {
    const kinds = (await rendered()).map((o) => o.kind);
    for (const kind of ['ServiceMonitor', 'PodMonitor']) expect(kinds).not.toContain(kind);
    const on = ['monitoring.serviceMonitor.enabled=true', 'monitoring.dashboard.enabled=true'];
    const sets = [...on, 'watch.namespaces={team-a,team-b}'].flatMap((v) => ['--set', v]);
    const objects = await rendered(...sets);
    const jobs = objects.find((o) => o.kind === 'PodMonitor');
    expect(jobs.spec.namespaceSelector).toEqual({ matchNames: ['team-a', 'team-b'] });
    const dashboard = objects.find((o) => o.kind === 'ConfigMap' && o.metadata.name.endsWith('-dashboard'));
    for (const text of Object.values<string>(dashboard.data)) expect(JSON.parse(text).panels.length).toBeGreaterThan(3);
  });

  test('every pod meets the restricted profile', async () => {
    for (const o of await rendered('--set', 'minio.enabled=true')) {
      const pod = o.spec?.template?.spec;
      if (!pod) continue;
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
        expect(container.securityContext).toMatchObject({
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
        });
      }
    }
  });

  test('a misspelt value is an error that names it', async () => {
    await expect(renderChart(['--set', 'replcas=2'])).rejects.toThrow(/replcas/);
  });
});
