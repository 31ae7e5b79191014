/** A runner's own port: health, readiness and the Prometheus metrics of the process and the tasks that it hosts. */
import { createServer, type Server } from 'node:http';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { taskGauges } from '../task/prometheus.js';
import type { Runner } from './runner.js';

export function serveRunner(runner: Runner, job: string): Server {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  taskGauges(registry, job, () => runner.taskMetrics());
  return createServer(async (request, response) => {
    const path = (request.url ?? '/').split('?')[0];
    if (path === '/metrics') {
      response.writeHead(200, { 'content-type': registry.contentType }).end(await registry.metrics());
      return;
    }
    if (path === '/healthz' || path === '/readyz') {
      // Ready: the coordinator knows it. Alive: it answers.
      const good = path === '/healthz' || runner.connected;
      response
        .writeHead(good ? 200 : 503, { 'content-type': 'application/json' })
        .end(JSON.stringify({ connected: runner.connected }));
      return;
    }
    response.writeHead(404).end();
  });
}
