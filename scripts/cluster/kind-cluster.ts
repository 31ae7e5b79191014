/** A kind cluster of this project: made, filled with the image and the chart, removed. Used by `npm run cluster:up` and the end-to-end tests. */
import { type CommandOptions, runCommand } from './run-command.js';

export const RELEASE = 'tidewheel';
export const OPERATOR_NAMESPACE = 'tidewheel-system';
export const CHART = 'charts/tidewheel';

export interface ClusterSettings {
  readonly name: string;
  /** One of them is the control plane. */
  readonly nodes: number;
  /** Repository and tag, e.g. `tidewheel:dev`. */
  readonly image: string;
  /** Image of the nodes; left out: kind's own. */
  readonly nodeImage?: string;
  /** Shows what the programs say. */
  readonly isShown?: boolean;
}

export class KindCluster {
  /** Context of the kubeconfig. */
  readonly context: string;

  constructor(readonly settings: ClusterSettings) {
    this.context = `kind-${settings.name}`;
  }

  async exists(): Promise<boolean> {
    return (await runCommand('kind', ['get', 'clusters'])).split('\n').includes(this.settings.name);
  }

  /** Resolves when all nodes are ready. */
  async create(): Promise<void> {
    const { name, nodes, nodeImage } = this.settings;
    const roles = ['control-plane', ...Array.from({ length: nodes - 1 }, () => 'worker')];
    const config = [
      'kind: Cluster',
      'apiVersion: kind.x-k8s.io/v1alpha4',
      'nodes:',
      ...roles.map((r) => `  - role: ${r}`),
    ];
    await this.shown(
      'kind',
      [
        'create',
        'cluster',
        '--name',
        name,
        '--wait',
        '180s',
        '--config',
        '-',
        ...(nodeImage ? ['--image', nodeImage] : []),
      ],
      {
        input: `${config.join('\n')}\n`,
        timeoutMs: 600_000,
      },
    );
    await this.kubectl(['wait', '--for=condition=Ready', 'nodes', '--all', '--timeout=180s']);
  }

  /** Does nothing when there is none. */
  async remove(): Promise<void> {
    await this.shown('kind', ['delete', 'cluster', '--name', this.settings.name]);
  }

  async buildImage(): Promise<void> {
    await this.shown('docker', ['build', '--tag', this.settings.image, '.'], { timeoutMs: 900_000 });
  }

  async loadImage(image = this.settings.image): Promise<void> {
    await this.shown('kind', ['load', 'docker-image', image, '--name', this.settings.name], { timeoutMs: 300_000 });
  }

  /** Loads an image that this machine has already; nodes pull others themselves. */
  async loadIfHere(image: string): Promise<void> {
    const isHere = await runCommand('docker', ['image', 'inspect', image]).then(
      () => true,
      () => false,
    );
    if (isHere) await this.loadImage(image);
  }

  /** Installs the chart, or upgrades what is installed; resolves when the operator is ready. `values` as of `--set`. `chart`: a folder or a package. */
  async install(values: readonly string[] = [], chart = CHART): Promise<void> {
    const at = this.settings.image.lastIndexOf(':');
    const [repository, tag] = [this.settings.image.slice(0, at), this.settings.image.slice(at + 1)];
    const all = [`image.repository=${repository}`, `image.tag=${tag}`, ...values];
    const place = ['--namespace', OPERATOR_NAMESPACE, '--create-namespace', '--wait', '--timeout', '180s'];
    await this.helm(['upgrade', '--install', RELEASE, chart, ...place, ...all.flatMap((v) => ['--set', v])]);
  }

  kubectl(args: readonly string[], options: CommandOptions = {}): Promise<string> {
    return runCommand('kubectl', ['--context', this.context, ...args], options);
  }

  helm(args: readonly string[]): Promise<string> {
    return this.shown('helm', ['--kube-context', this.context, ...args]);
  }

  private shown(command: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
    const { isShown } = this.settings;
    if (isShown) console.log(`$ ${command} ${args.join(' ')}`);
    return runCommand(command, args, { isShown, ...options });
  }
}
