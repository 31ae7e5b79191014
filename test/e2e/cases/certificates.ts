/**
 * Certificates that are renewed while their job runs. A kubelet brings a changed Secret into pods within a minute and a half, so this takes
 * five minutes: the job runs beside all other cases, and is looked at in the end.
 */
import { X509Certificate } from 'node:crypto';
import { afterAll, describe, expect, test } from '@jest/globals';
import { CountingJob, type E2eCluster, eventually } from '../../harness/kind/index.js';
import { timed } from '../setup/timings.js';

const NAMESPACE = 'certificates';
/** Renewed after two thirds of it: a third is left for the kubelets. */
const LIFETIME = '5m';

export function certificates(cluster: () => E2eCluster): { begin(): void; end(): void } {
  let job: CountingJob | undefined;
  let first: X509Certificate;
  let uids: string[];

  const leaf = async () => {
    const secret = await cluster().get(NAMESPACE, 'secret', 'sealed-tls');
    return new X509Certificate(Buffer.from(secret.data['tls.crt'], 'base64'));
  };
  const uidsOf = async () => (await job!.pods()).map((p) => p.metadata.uid as string).sort();

  return {
    begin: () =>
      describe('a job with certificates of a short life', () => {
        test('starts', async () => {
          await cluster().createNamespace(NAMESPACE);
          const spec = { parallelism: 2, tls: { certificateLifetime: LIFETIME } };
          job = await CountingJob.start(cluster(), NAMESPACE, 'sealed', spec);
          job.load.rowsPerSecond = 40;
          await job.untilRuns();
          first = await leaf();
          uids = await uidsOf();
        });
      }),
    end: () =>
      describe('a job whose certificates have been renewed', () => {
        afterAll(async () => {
          await job?.load.stop();
        }, 60_000);

        test('has run on in the same pods, and takes new connections after its first ones have expired', async () => {
          const now = await eventually('renewed', leaf, (l) => l.fingerprint256 !== first.fingerprint256, 300_000);
          expect(Date.parse(now.validTo)).toBeGreaterThan(Date.parse(first.validTo));
          await eventually(
            'the first ones have expired',
            async () => Date.now() > Date.parse(first.validTo),
            Boolean,
            300_000,
          );
          await job!.untilCaughtUp();
          expect(await uidsOf()).toEqual(uids);
          // A new process meets the others, which have read their files again.
          await cluster().killProcess(NAMESPACE, await job!.podName('runner'));
          await timed('runner killed after certificates were renewed → all rows out', () => job!.untilCaughtUp());
          await job!.untilRuns();
          await job!.untilAllCounted();
          await job!.delete();
        });
      }),
  };
}
