/**
 * `npm run cluster:up`: Tidewheel on a local kind cluster, with a job that runs. Builds the image, makes the cluster where there is
 * none, loads the image, installs the chart and applies the example. Run again, it brings the cluster to what the sources are now.
 *
 *   npm run cluster:up -- --nodes 1 --with kafka,minio
 *
 * KIND_NODE_IMAGE: image of the nodes, in place of kind's own.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { KindCluster, OPERATOR_NAMESPACE, RELEASE } from './cluster/kind-cluster.js';

const EXAMPLE = 'examples/kubernetes/quickstart.yaml';
const KAFKA = 'examples/kubernetes/kafka.yaml';

const { values: options } = parseArgs({
  options: {
    name: { type: 'string', default: 'tidewheel' },
    nodes: { type: 'string', default: '3' },
    image: { type: 'string', default: 'tidewheel:dev' },
    with: { type: 'string', default: '' },
    'skip-build': { type: 'boolean', default: false },
  },
});
const nodes = Number(options.nodes);
if (!Number.isInteger(nodes) || nodes < 1) throw new Error(`--nodes takes a whole number from 1, not ${options.nodes}`);
const parts = options.with.split(',').filter((part) => part !== '');
const unknown = parts.find((part) => part !== 'minio' && part !== 'kafka');
if (unknown !== undefined) throw new Error(`--with knows kafka and minio, not ${unknown}`);

const cluster = new KindCluster({
  name: options.name,
  nodes,
  image: options.image,
  nodeImage: process.env.KIND_NODE_IMAGE,
  isShown: true,
});
if (!options['skip-build']) await cluster.buildImage();
if (!(await cluster.exists())) await cluster.create();
await cluster.loadImage();
await cluster.install(parts.includes('minio') ? ['minio.enabled=true'] : []);
// An image of the same tag is a new one all the same.
await cluster.kubectl(['-n', OPERATOR_NAMESPACE, 'rollout', 'restart', `deployment/${RELEASE}-operator`]);
await cluster.kubectl([
  '-n',
  OPERATOR_NAMESPACE,
  'rollout',
  'status',
  `deployment/${RELEASE}-operator`,
  '--timeout=180s',
]);
if (parts.includes('kafka')) {
  const images = (await readFile(KAFKA, 'utf8')).matchAll(/^ *image: (\S+)/gm);
  for (const [, image] of images) await cluster.loadIfHere(image);
  await cluster.kubectl(['apply', '-f', KAFKA]);
  await cluster.kubectl(['rollout', 'status', 'deployment/kafka', '--timeout=300s']);
}
await cluster.kubectl(['apply', '-f', EXAMPLE]);
await cluster.kubectl(['wait', '--for=condition=Ready', 'streamjob/quickstart', '--timeout=180s']);
console.log(`
The job quickstart runs. Its output:
  kubectl --context ${cluster.context} logs --selector tidewheel.dev/job=quickstart,tidewheel.dev/component=runner --follow
Remove it all: npm run cluster:down${options.name === 'tidewheel' ? '' : ` -- --name ${options.name}`}`);
