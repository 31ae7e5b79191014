/** Jest's global teardown of the integration project. */
import { running } from './start-servers.js';

export default async function stopServers(): Promise<void> {
  await Promise.all(running.servers.map((server) => server.stop()));
}
