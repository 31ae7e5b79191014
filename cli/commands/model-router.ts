/** `tidewheel model-router`: entry point of a ModelDeployment's router pod. */
import { readFileSync } from 'node:fs';
import type { CommandModule } from 'yargs';
import { Router } from '../../runtime/serving/router/router.js';
import { parseRouterConfig } from '../../runtime/serving/router/router-config.js';
import { serveRouter } from '../../runtime/serving/router/router-server.js';
import { createLogger } from '../local/logger.js';

interface Args {
  host: string;
  port: number;
  'admin-port': number;
  config: string;
  'drain-grace': number;
  'log-level': string;
}

export const command: CommandModule<object, Args> = {
  command: 'model-router',
  describe: 'Spread requests over versions of a model (started for you by the operator)',
  builder: (y) =>
    y
      .option('host', { type: 'string', default: '0.0.0.0', describe: 'Address to listen on' })
      .option('port', { type: 'number', default: 8080, describe: 'Port for clients; 0: any free one' })
      .option('admin-port', { type: 'number', default: 8081, describe: 'Port for operator, probes and metrics' })
      .option('config', {
        type: 'string',
        demandOption: true,
        describe: 'JSON file: versions and shares to begin with',
      })
      .option('drain-grace', { type: 'number', default: 5000, describe: 'Goes on answering so long after SIGTERM, ms' })
      .option('log-level', { type: 'string', default: 'info', describe: 'Least level of log lines' }) as never,
  handler: async (args) => {
    const log = createLogger(args['log-level'], { part: 'model-router', pid: process.pid });
    const router = new Router({ log });
    router.configure(parseRouterConfig(JSON.parse(readFileSync(args.config, 'utf8'))));
    const server = await serveRouter(router, {
      host: args.host,
      port: args.port,
      adminPort: args['admin-port'],
      adminToken: process.env.TIDEWHEEL_ADMIN_TOKEN,
      log,
    });
    log.info({ port: server.port, adminPort: server.adminPort }, 'routes');
    await new Promise<void>((resolve) => {
      const stop = (signal: NodeJS.Signals) => {
        log.info({ signal }, 'draining');
        void server.drain(signal === 'SIGTERM' ? args['drain-grace'] : 0).then(resolve);
      };
      process.once('SIGTERM', stop);
      process.once('SIGINT', stop);
    });
    process.exit(0);
  },
};
