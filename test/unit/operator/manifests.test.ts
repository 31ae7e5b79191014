import { expect, test } from '@jest/globals';
import { fillDefaults, type StreamJob, streamJobSpec } from '../../../api/index.js';
import { bytesOf } from '../../../api/quantity.js';
import { configMap } from '../../../operator/resources/config-map.js';
import { coordinatorDeployment } from '../../../operator/resources/coordinator.js';
import { fileHash } from '../../../operator/resources/deployed.js';
import { splitMemory } from '../../../operator/resources/memory-split.js';
import { namesOf } from '../../../operator/resources/names.js';
import { runnerStatefulSet } from '../../../operator/resources/runners.js';
import { surroundings } from '../../../operator/resources/surroundings.js';

const storage = { s3: { endpoint: 'http://minio:9000', bucket: 'state', secretRef: 'minio-keys' } };
const make = (more: object = {}, name = 'card-alerts'): StreamJob => ({
  apiVersion: 'tidewheel.dev/v1alpha1',
  kind: 'StreamJob',
  metadata: { name, namespace: 'shop', uid: 'u1', generation: 3 },
  spec: fillDefaults(streamJobSpec.node, { sql: 'SELECT 1', storage, ...more }),
});
const settings = { image: 'tidewheel:1' };
const podsOf = (job: StreamJob) => {
  const running = { generation: 3, replicas: 1, attempt: 1 };
  return [coordinatorDeployment(job, job.spec, settings, running), runnerStatefulSet(job, job.spec, settings, 2)];
};

test('all pods meet the restricted pod security standard', () => {
  for (const { spec } of podsOf(make())) {
    const pod = spec.template.spec;
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(pod.automountServiceAccountToken).toBe(false);
    for (const container of pod.containers) {
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    }
    for (const volume of pod.volumes) expect(volume.hostPath).toBeUndefined();
  }
});

test('keys of the store come by reference, and stand nowhere as values', () => {
  const job = make();
  for (const { spec } of podsOf(job)) {
    const { env } = spec.template.spec.containers[0];
    expect(env).toContainEqual({
      name: 'TIDEWHEEL_S3_SECRET_KEY',
      valueFrom: { secretKeyRef: { name: 'minio-keys', key: 'secretKey' } },
    });
  }
});

test('runners know where their coordinator leaves its address and where copies of state go, where that can be', () => {
  const told = (more: object) =>
    (podsOf(make(more))[1].spec.template.spec.containers[0].env as { name: string; value?: string }[])
      .filter(({ name }) => /LEADER|COPIES/.test(name))
      .map(({ name, value }) => `${name}=${value}`);
  const store = [
    'TIDEWHEEL_LEADER_STORE=s3+http://minio:9000/state/shop/card-alerts',
    'TIDEWHEEL_LEADER_STORE_REGION=us-east-1',
  ];
  const copies = 'TIDEWHEEL_LOCAL_COPIES=/var/lib/tidewheel/copies';
  expect(told({})).toEqual([...store, copies]);
  const elsewhere = { s3: { ...storage.s3, prefix: 'mine', region: 'eu-west-1' } };
  expect(told({ storage: elsewhere })).toEqual([
    'TIDEWHEEL_LEADER_STORE=s3+http://minio:9000/state/mine',
    'TIDEWHEEL_LEADER_STORE_REGION=eu-west-1',
    copies,
  ]);
  // Another job's coordinator may have the address of one that is gone: without certificates nobody would notice.
  expect(told({ tls: { enabled: false } })).toEqual([copies]);
  // State on disk is larger than what copies are kept of.
  expect(told({ stateBackend: { type: 'disk' } })).toEqual(store);
  expect(told({ storage: { local: { path: '/data' } } })).toEqual([]);
});

test('a rescale changes the job file under its name and leaves the coordinator pod alone', () => {
  const [two, three] = [make({ parallelism: 2 }), make({ parallelism: 3 })];
  expect(configMap(two, two.spec).metadata.name).toBe(configMap(three, three.spec).metadata.name);
  expect(configMap(two, two.spec).data).not.toEqual(configMap(three, three.spec).data);
  expect(podsOf(two)[0].spec.template).toEqual(podsOf(three)[0].spec.template);
});

test('a changed body gets a file of another name, and the same runner pods', () => {
  const [one, other] = [make({ sql: 'SELECT 1' }), make({ sql: 'SELECT 2' })];
  expect(fileHash(one, one.spec)).not.toBe(fileHash(other, other.spec));
  expect(podsOf(one)[1].spec.template).toEqual(podsOf(other)[1].spec.template);
});

test('a pod template is laid over the pods, joined by name, and cannot take their labels away', () => {
  const podTemplate = {
    metadata: { labels: { team: 'x', 'tidewheel.dev/job': 'other' }, annotations: { a: 'b' } },
    spec: {
      nodeSelector: { disk: 'ssd' },
      containers: [
        { name: 'sidecar', image: 's' },
        { name: 'tidewheel', env: [{ name: 'NODE_ENV', value: 'test' }] },
      ],
    },
  };
  const { template } = podsOf(make({ podTemplate }))[1].spec;
  expect(template.metadata.labels).toMatchObject({ team: 'x', 'tidewheel.dev/job': 'card-alerts' });
  expect(template.spec.nodeSelector).toEqual({ disk: 'ssd' });
  expect(template.spec.containers.map((c: { name: string }) => c.name)).toEqual(['tidewheel', 'sidecar']);
  expect(template.spec.containers[0].image).toBe('tidewheel:1');
  expect(template.spec.containers[0].env).toContainEqual({ name: 'NODE_ENV', value: 'test' });
});

test('names of 63 letters leave room for what Kubernetes appends', () => {
  const names = namesOf(make({}, 'a'.repeat(63)));
  expect(names.runner.length + '-0123456789'.length).toBeLessThanOrEqual(63);
  expect(namesOf(make({}, `${'a'.repeat(62)}b`)).runner).not.toBe(names.runner);
});

test('the network policy lets only the job reach its runners and control port', () => {
  const policy = surroundings(make(), make().spec).find((o) => o.kind === 'NetworkPolicy');
  expect(policy?.spec.ingress[0]).not.toHaveProperty('ports');
  expect(policy?.spec.ingress[1]).toEqual({ ports: [{ port: 6121, protocol: 'TCP' }] });
});

test('one memory number is split so that the heaps of all slots fit into the pod', () => {
  expect(bytesOf('1Gi')).toBe(1024 ** 3);
  expect(bytesOf('500M')).toBe(500e6);
  for (const [memory, threads] of [
    ['512Mi', 2],
    ['1Gi', 2],
    ['4Gi', 5],
  ] as const) {
    const split = splitMemory(bytesOf(memory), threads);
    const heaps = threads * (split.oldSpaceMiB + 2 * split.semiSpaceMiB);
    expect(heaps).toBeLessThan(bytesOf(memory) / 1024 ** 2 - 60);
  }
});

test('no variable stands twice in a pod: the user’s counts, and V8’s options are joined', () => {
  const env = [
    { name: 'NODE_ENV', value: 'test' },
    { name: 'NODE_OPTIONS', value: '--trace-gc' },
    { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'keys', key: 'token' } } },
  ];
  for (const { spec } of podsOf(make({ env }))) {
    const variables = spec.template.spec.containers[0].env as { name: string; value?: string }[];
    expect(new Set(variables.map((v) => v.name)).size).toBe(variables.length);
    const of = (name: string) => variables.find((v) => v.name === name);
    expect(of('NODE_ENV')?.value).toBe('test');
    expect(of('NODE_OPTIONS')?.value).toMatch(/^--max-old-space-size=\d+ .* --trace-gc$/);
    expect(of('TOKEN')).toEqual(env[2]);
  }
});
