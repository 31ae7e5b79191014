/** Makes the pods of Deployments and StatefulSets real processes on this machine, and starts those again that die. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import type { KubeObject } from '../../../operator/kube/objects.js';
import type { TestApiServer } from './api-server.js';

interface Pod {
  readonly name: string;
  readonly template: string;
  process?: ChildProcess;
  restarts: number;
  isGoing: boolean;
  /** Of pods that are told apart by their address, as model servers are. */
  ip?: string;
}

const MAIN = resolve('dist/cli/main.js');
const HOSTS_PRELOAD = resolve('dist/test/harness/cluster/hosts-preload.js');
const PROBE_MS = 50;

export class TestKubelet {
  private readonly pods = new Map<string, Pod>();
  private readonly ports = new Map<string, { control: number; http: number }>();
  private readonly paused = new Set<string>();
  private readonly startPaused = new Map<string, () => void>();
  /** `name.namespace.svc` → address of its pod. */
  private readonly hosts: Record<string, string> = {};
  private lastIp = Math.floor(Math.random() * 60_000);
  private isStopped = false;
  private pending: Promise<void> = Promise.resolve();
  readonly logs: string[] = [];

  constructor(
    private readonly api: TestApiServer,
    private readonly dir: string,
  ) {
    api.onChange((type, object) => {
      if (object.kind === 'Deployment' || object.kind === 'StatefulSet') {
        this.pending = this.pending.then(() => this.sync(type, object));
      } else if (object.kind === 'Pod' && type === 'DELETED') this.removed(object.metadata.name);
      else if (object.kind === 'Secret' && type === 'MODIFIED') this.refresh(object);
    });
  }

  pid(pod: string): number | undefined {
    return this.pods.get(pod)?.process?.pid;
  }

  controlPort(service: string): number | undefined {
    return this.ports.get(service)?.control;
  }

  /** Kills the pod's process and starts it no more: an image that can't be pulled, a node that is gone. */
  pause(pod: string): void {
    this.paused.add(pod);
    this.pods.get(pod)?.process?.kill('SIGKILL');
  }

  resume(pod: string): void {
    this.paused.delete(pod);
    this.startPaused.get(pod)?.();
    this.startPaused.delete(pod);
  }

  stop(): void {
    this.isStopped = true;
    for (const pod of this.pods.values()) pod.process?.kill('SIGKILL');
  }

  private async sync(type: string, owner: KubeObject): Promise<void> {
    if (this.isStopped) return;
    const count = type === 'DELETED' ? 0 : owner.spec.replicas;
    const isSet = owner.kind === 'StatefulSet';
    const wanted = Array.from({ length: count }, (_, i) =>
      isSet ? `${owner.metadata.name}-${i}` : `${owner.metadata.name}-pod`,
    );
    const template = JSON.stringify(owner.spec.template);
    for (const pod of [...this.pods.values()]) {
      const mine = pod.name.startsWith(`${owner.metadata.name}-`);
      if (!mine) continue;
      if (!wanted.includes(pod.name) || (!isSet && pod.template !== template)) await this.end(pod);
    }
    for (const name of wanted) if (!this.pods.has(name)) await this.begin(name, owner);
  }

  private async begin(name: string, owner: KubeObject): Promise<void> {
    const pod: Pod = { name, template: JSON.stringify(owner.spec.template), restarts: 0, isGoing: false };
    this.pods.set(name, pod);
    if (owner.metadata.labels?.['tidewheel.dev/model-deployment']) this.giveAddress(pod, owner);
    const service = owner.metadata.name.replace(/-runner$/, '-coordinator');
    if (!this.ports.has(service)) {
      this.ports.set(service, { control: await freePort(), http: await freePort() });
      this.api.services.set(service, this.ports.get(service)!.http);
    }
    this.run(pod, owner, this.ports.get(service)!);
  }

  private run(pod: Pod, owner: KubeObject, ports: { control: number; http: number }): void {
    const { template } = owner.spec;
    const [container] = template.spec.containers;
    const dir = join(this.dir, pod.name);
    for (const volume of template.spec.volumes) {
      const source = volume.configMap ? this.api.get('configmaps', volume.configMap.name) : undefined;
      const secret = volume.secret ? this.api.get('secrets', volume.secret.secretName) : undefined;
      mkdirSync(join(dir, volume.name), { recursive: true });
      for (const [file, text] of Object.entries(source?.data ?? {}))
        writeFileSync(join(dir, volume.name, file), text as string);
      for (const [file, text] of Object.entries(secret?.data ?? {})) {
        writeFileSync(join(dir, volume.name, file), Buffer.from(text as string, 'base64'));
      }
    }
    // A store that a test keeps in /tmp is this machine's.
    const mounts = container.volumeMounts
      .filter((m: { name: string }) => m.name !== 'tmp')
      .sort((a: { mountPath: string }, b: { mountPath: string }) => b.mountPath.length - a.mountPath.length);
    const args = container.args.map((arg: string) => {
      let text = arg.replace('$(POD_NAME)', pod.name).replace('$(POD_IP)', '127.0.0.1');
      const mount = mounts.find((m: { mountPath: string }) => new RegExp(`(^|=)${m.mountPath}`).test(text));
      if (mount) text = text.replace(mount.mountPath, join(dir, mount.name));
      return text
        .replace('0.0.0.0', pod.ip ?? '127.0.0.1')
        .replace(/^--control-port=.*/, `--control-port=${ports.control}`)
        .replace(/^--http-port=.*/, `--http-port=${ports.http}`)
        .replace(/^--coordinator=.*/, `--coordinator=127.0.0.1:${ports.control}`);
    });
    const env: Record<string, string> = { PATH: process.env.PATH ?? '' };
    for (const { name, value, valueFrom } of container.env) {
      const secret = valueFrom?.secretKeyRef && this.api.get('secrets', valueFrom.secretKeyRef.name);
      if (secret) env[name] = Buffer.from(secret.data[valueFrom.secretKeyRef.key], 'base64').toString();
      else if (value !== undefined) env[name] = value;
    }
    const preload = pod.ip ? ['--import', HOSTS_PRELOAD] : [];
    if (pod.ip) env.TIDEWHEEL_TEST_HOSTS = this.hostsFile;
    const child = spawn(process.execPath, [...preload, MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    pod.process = child;
    const keep = (chunk: Buffer) =>
      this.logs.push(
        ...chunk
          .toString()
          .split('\n')
          .filter(Boolean)
          .map((l) => `${pod.name}: ${l}`),
      );
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    if (pod.ip) this.probe(pod, owner, child);
    else this.show(pod, owner, true);
    child.on('exit', () => {
      if (this.isStopped || pod.isGoing || this.pods.get(pod.name) !== pod) return;
      pod.restarts++;
      const again = () => !this.isStopped && !pod.isGoing && this.run(pod, owner, ports);
      if (this.paused.has(pod.name)) this.startPaused.set(pod.name, again);
      else setTimeout(again, Math.min(1000, 100 * 2 ** pod.restarts));
    });
  }

  /** Files of a Secret follow it while the pod runs. */
  private refresh(secret: KubeObject): void {
    for (const pod of this.pods.values()) {
      for (const volume of JSON.parse(pod.template).spec.volumes) {
        if (volume.secret?.secretName !== secret.metadata.name) continue;
        for (const [file, text] of Object.entries(secret.data ?? {})) {
          const path = join(this.dir, pod.name, volume.name, file);
          writeFileSync(`${path}.new`, Buffer.from(text as string, 'base64'));
          renameSync(`${path}.new`, path);
        }
      }
    }
  }

  private get hostsFile(): string {
    return join(this.dir, 'hosts.json');
  }

  /** An address of its own within 127.0.0.0/8, so that all pods may use the same ports. */
  private giveAddress(pod: Pod, owner: KubeObject): void {
    const n = ++this.lastIp;
    pod.ip = `127.${1 + (Math.floor(n / 62_500) % 250)}.${1 + (Math.floor(n / 250) % 250)}.${1 + (n % 250)}`;
    this.hosts[`${owner.metadata.name}.${owner.metadata.namespace ?? 'default'}.svc`] = pod.ip;
    writeFileSync(`${this.hostsFile}.new`, JSON.stringify(this.hosts));
    renameSync(`${this.hostsFile}.new`, this.hostsFile);
  }

  /** Shows the pod as ready while its readiness probe says so. */
  private probe(pod: Pod, owner: KubeObject, child: ChildProcess): void {
    const [container] = owner.spec.template.spec.containers;
    const { path, port } = container.readinessProbe.httpGet;
    const { containerPort } = container.ports.find((p: { name: string }) => p.name === port);
    let shown: boolean | undefined;
    const show = (isReady: boolean) => {
      if (isReady !== shown && !this.isStopped && this.pods.get(pod.name) === pod) this.show(pod, owner, isReady);
      shown = isReady;
    };
    show(false);
    const ask = () => {
      if (this.isStopped || child.exitCode !== null || child.signalCode !== null) {
        show(false);
        return;
      }
      const asked = get({ host: pod.ip, port: containerPort, path, timeout: 2000 }, (answer) => {
        answer.resume();
        show(answer.statusCode === 200);
        setTimeout(ask, PROBE_MS);
      });
      asked.on('timeout', () => asked.destroy());
      asked.on('error', () => {
        show(false);
        setTimeout(ask, PROBE_MS);
      });
    };
    ask();
  }

  private show(pod: Pod, owner: KubeObject, isReady: boolean): void {
    const { labels, annotations } = owner.spec.template.metadata;
    const metadata = { name: pod.name, namespace: 'default', labels, annotations };
    this.api.put({ apiVersion: 'v1', kind: 'Pod', metadata, spec: {} });
    const conditions = [{ type: 'Ready', status: isReady ? 'True' : 'False' }];
    const status = {
      phase: 'Running',
      podIP: pod.ip,
      conditions,
      containerStatuses: [{ name: 'tidewheel', restartCount: pod.restarts, state: {} }],
    };
    this.api.put({ apiVersion: 'v1', kind: 'Pod', metadata, status }, 'status');
  }

  /** SIGTERM, and SIGKILL when that doesn't help. */
  private async end(pod: Pod): Promise<void> {
    pod.isGoing = true;
    const child = pod.process;
    if (child && child.exitCode === null && child.signalCode === null) {
      const gone = new Promise((done) => child.once('exit', done));
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
      await gone;
      clearTimeout(timer);
    }
    this.pods.delete(pod.name);
    this.api.delete('pods', pod.name);
  }

  /** Somebody deleted the pod: its owner makes another one. */
  private removed(name: string): void {
    const pod = this.pods.get(name);
    if (!pod || pod.isGoing) return;
    const owner = [...this.api.all('deployments'), ...this.api.all('statefulsets')].find((o) =>
      name.startsWith(`${o.metadata.name}-`),
    );
    this.pending = this.pending.then(async () => {
      await this.end(pod);
      if (owner)
        await this.sync(
          'MODIFIED',
          this.api.get(owner.kind === 'Deployment' ? 'deployments' : 'statefulsets', owner.metadata.name) ?? owner,
        );
    });
  }
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });
}
