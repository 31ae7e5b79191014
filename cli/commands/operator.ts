/** `tidewheel operator`: entry point of the operator's pod. */
import { hostname } from 'node:os';
import type { CommandModule } from 'yargs';
import { runOperator } from '../../operator/run.js';
import { createLogger } from '../local/logger.js';

interface Args {
  image: string;
  'image-pull-policy'?: string;
  'image-pull-secret': string[];
  namespace: string[];
  'leader-elect': boolean;
  'lease-namespace'?: string;
  'lease-name': string;
  port: number;
  host: string;
  workers: number;
  context?: string;
  outside: boolean;
  'log-level': string;
}

export const command: CommandModule<object, Args> = {
  command: 'operator',
  describe: 'Run the Kubernetes operator (started for you by the Helm chart)',
  builder: (y) =>
    y
      .option('image', {
        type: 'string',
        default: process.env.TIDEWHEEL_IMAGE ?? 'tidewheel',
        describe: 'Image of jobs that name none (TIDEWHEEL_IMAGE)',
      })
      .option('image-pull-policy', { type: 'string', default: process.env.TIDEWHEEL_IMAGE_PULL_POLICY })
      .option('image-pull-secret', { type: 'string', array: true, default: [] })
      .option('namespace', {
        type: 'string',
        array: true,
        alias: 'n',
        default: (process.env.TIDEWHEEL_NAMESPACES ?? '').split(',').filter((n) => n !== ''),
        describe: 'Namespace to look after; left out: all (TIDEWHEEL_NAMESPACES)',
      })
      .option('leader-elect', { type: 'boolean', default: true, describe: 'Lead only while holding the Lease' })
      .option('lease-namespace', { type: 'string', default: process.env.POD_NAMESPACE ?? 'default' })
      .option('lease-name', { type: 'string', default: 'tidewheel-operator' })
      .option('port', { type: 'number', default: 8080, describe: 'Port of /metrics, /healthz and /readyz' })
      .option('host', { type: 'string', default: '0.0.0.0' })
      .option('workers', { type: 'number', default: 16, describe: 'Resources that are worked on at once' })
      .option('context', { type: 'string', describe: 'Context of the kubeconfig' })
      .option('outside', {
        type: 'boolean',
        default: process.env.KUBERNETES_SERVICE_HOST === undefined,
        describe: 'Reach coordinators through the API server',
      })
      .option('log-level', { type: 'string', default: 'info' }) as never,
  handler: async (args) => {
    const identity = process.env.POD_NAME ?? `${hostname()}-${process.pid}`;
    const log = createLogger(args['log-level'], { part: 'operator' });
    const operator = await runOperator({
      log,
      settings: {
        image: args.image,
        imagePullPolicy: args['image-pull-policy'],
        imagePullSecrets: args['image-pull-secret'],
      },
      namespaces: args.namespace,
      identity,
      ...(args['leader-elect']
        ? { lease: { namespace: args['lease-namespace'] ?? 'default', name: args['lease-name'] } }
        : {}),
      port: args.port,
      host: args.host,
      workers: args.workers,
      context: args.context,
      outside: args.outside,
      onLost: () => {
        log.error({ identity }, 'lost the lead: ends, to start anew');
        process.exit(1);
      },
    });
    await new Promise<void>((resolve) => {
      process.once('SIGTERM', resolve);
      process.once('SIGINT', resolve);
    });
    await operator.stop();
    process.exit(0);
  },
};
