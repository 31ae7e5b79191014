import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cached, type Provisioned } from './cache.js';
import { runTool } from './run-tool.js';

export const MINIO_VERSION = 'v0.0.0-20260212201848-7aac2a2c5b7c';

/** The server as `bin/minio`, built by Go from the published module (the project ships no binaries elsewhere). */
export function provisionMinio(): Promise<Provisioned> {
  return cached(`minio-${MINIO_VERSION}`, async (dir) => {
    const purpose = 'build the MinIO server';
    const module = `github.com/minio/minio@${MINIO_VERSION}`;
    const found = JSON.parse(await runTool('go', ['mod', 'download', '-json', module], { purpose, cwd: dir }));
    await mkdir(join(dir, 'bin'));
    await runTool('go', ['build', '-trimpath', '-ldflags', '-s -w', '-o', join(dir, 'bin', 'minio'), '.'], {
      purpose,
      cwd: found.Dir,
      env: { CGO_ENABLED: '0' },
    });
  });
}
