/** What a slot's worker thread runs. */
import { parentPort, workerData } from 'node:worker_threads';
import { referenceResolver } from '../job/references.js';
import type { LeaderAddress } from '../snapshot/epochs.js';
import type { Logger } from '../source/contract.js';
import type { LineOffer } from '../task/neighbours.js';
import { Slot, type SlotOrder, type SlotReport } from '../task/slot.js';
import { LeaderLookout } from './leader-lookout.js';
import { LOCAL_COPIES } from './pod-environment.js';
import { registry } from './registry.js';
import type { SlotHostOptions } from './slot-host.js';

const port = parentPort!;
const { job, host, tls, leaderStore } = workerData as Pick<SlotHostOptions, 'job' | 'host' | 'tls' | 'leaderStore'>;
const say = (level: string) => (fields: object, text: string) => port.postMessage({ type: 'log', level, fields, text });
const log: Logger = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };

const resolve = referenceResolver({ env: process.env, secretsDir: process.env.TIDEWHEEL_SECRETS_DIR });
const report = (message: SlotReport) => port.postMessage(message);
const slot = new Slot({ job, registry, log, report, resolve, tls, copies: process.env[LOCAL_COPIES] || undefined });
const tell = (address: LeaderAddress) => port.postMessage({ type: 'leader', address });
const lookout = leaderStore && new LeaderLookout(() => slot.openStore(leaderStore), tell, log);
type Message = SlotOrder | { type: 'line'; offer: LineOffer } | { type: 'look'; isOn: boolean };
port.on('message', (message: Message) => {
  if (message.type === 'line') slot.takeLine(message.offer);
  else if (message.type === 'look') lookout?.[message.isOn ? 'turnOn' : 'turnOff']();
  else slot.handle(message);
});
const offer = (line: LineOffer) => port.postMessage({ type: 'line', offer: line }, [line.end.port]);
setInterval(() => port.postMessage({ type: 'metrics', attempt: slot.currentAttempt, tasks: slot.metrics() }), 1000);
port.postMessage({ type: 'listening', port: await slot.listen(host, offer) });
// Where there are keys for it the job's state is in an object store: its client is loaded while the runner connects.
if (process.env.TIDEWHEEL_S3_ACCESS_KEY !== undefined) import('../snapshot/s3-store.js').catch(() => {});
