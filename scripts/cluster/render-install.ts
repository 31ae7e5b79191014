import { CHART, OPERATOR_NAMESPACE, RELEASE } from './kind-cluster.js';
import { runCommand } from './run-command.js';

/** What `helm template` knows of the cluster; the chart's own demand is older. */
const KUBE_VERSION = '1.34.0';

const HEAD = `# Tidewheel with the chart's defaults. Generated from charts/tidewheel by \`npm run generate\`. Do not edit.
#   kubectl apply --server-side -f install.yaml
apiVersion: v1
kind: Namespace
metadata:
  name: ${OPERATOR_NAMESPACE}
  labels:
    pod-security.kubernetes.io/enforce: restricted
`;

/** The manifests of a release with the default values, without the tests. Rejects when helm isn't there or the chart is broken. */
export async function renderInstall(): Promise<string> {
  const rendered = await renderChart(['--skip-tests']);
  const plain = rendered
    .replaceAll(/^ *helm\.sh\/chart: .*\n/gm, '')
    .replaceAll('app.kubernetes.io/managed-by: Helm', 'app.kubernetes.io/managed-by: kubectl')
    .replaceAll(/^# Source: .*\n/gm, '');
  return HEAD + plain;
}

/** `helm template` of the chart, with more arguments. */
export function renderChart(args: readonly string[] = []): Promise<string> {
  const place = ['--namespace', OPERATOR_NAMESPACE, '--kube-version', KUBE_VERSION];
  return runCommand('helm', ['template', RELEASE, CHART, ...place, ...args]);
}
