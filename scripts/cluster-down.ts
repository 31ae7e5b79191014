/** `npm run cluster:down`: removes the cluster that `npm run cluster:up` made, with all that is in it. */
import { parseArgs } from 'node:util';
import { KindCluster } from './cluster/kind-cluster.js';

const { values: options } = parseArgs({ options: { name: { type: 'string', default: 'tidewheel' } } });
await new KindCluster({ name: options.name, nodes: 1, image: 'tidewheel:dev', isShown: true }).remove();
