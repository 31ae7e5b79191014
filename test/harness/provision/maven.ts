import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runTool } from './run-tool.js';

/** `group:artifact:version`. */
export type Coordinate = `${string}:${string}:${string}`;

/** Copies the artifacts and everything they need at run time into `dir`/lib. Needs `mvn` and a reachable Maven Central. */
export async function copyJars(dir: string, artifacts: readonly Coordinate[], purpose: string): Promise<void> {
  const dependencies = artifacts.map((artifact) => {
    const [group, id, version] = artifact.split(':');
    return `<dependency><groupId>${group}</groupId><artifactId>${id}</artifactId><version>${version}</version></dependency>`;
  });
  const pom = join(dir, 'pom.xml');
  await writeFile(
    pom,
    `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>tidewheel.test</groupId><artifactId>jars</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    ${dependencies.join('\n    ')}
  </dependencies>
</project>
`,
  );
  const args = ['-B', '-q', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${join(dir, 'lib')}`];
  await runTool('mvn', [...args, '-DincludeScope=runtime'], { purpose });
}
