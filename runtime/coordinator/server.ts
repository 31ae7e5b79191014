/** The coordinator's two ports: control (runners) and HTTP (everybody else). */
import type { Server } from 'node:net';
import { socketLink } from '../task/control-socket.js';
import { openServer, type TlsFiles } from '../task/transport.js';
import { createApi } from './api.js';
import type { Coordinator } from './coordinator.js';

export interface CoordinatorPorts {
  readonly controlPort: number;
  readonly httpPort: number;
  close(): Promise<void>;
}

/** Port 0: any free one. */
export async function serveCoordinator(
  coordinator: Coordinator,
  options: { readonly host: string; readonly controlPort: number; readonly httpPort: number; readonly tls?: TlsFiles },
): Promise<CoordinatorPorts> {
  const control = openServer(options.tls, (socket) => coordinator.runners.accept(socketLink(socket)));
  const http = createApi(coordinator);
  const controlPort = await listen(control, options.host, options.controlPort);
  const httpPort = await listen(http, options.host, options.httpPort);
  return {
    controlPort,
    httpPort,
    close: async () => {
      control.close();
      http.close();
      http.closeAllConnections();
    },
  };
}

function listen(
  server: Pick<Server, 'listen' | 'once' | 'off' | 'address'>,
  host: string,
  port: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve((server.address() as { port: number }).port);
    });
  });
}
