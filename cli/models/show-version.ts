/** Versions of a model as text. */
import type { QualityReport, TensorSpec, VersionManifest } from '../../runtime/model/index.js';

export function describeVersion(manifest: VersionManifest, promoted: string | undefined): string {
  const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
  const lines = [
    `model      ${manifest.name}`,
    `version    ${manifest.version}${manifest.version === promoted ? '  (promoted)' : ''}`,
    `format     ${manifest.format}`,
    `pushed     ${manifest.pushedAt}`,
    `digest     sha256:${manifest.digest}`,
    `files      ${manifest.files.map((file) => file.name).join(', ')} (${bytes} bytes)`,
    `inputs     ${manifest.signature.inputs.map(describeTensor).join('\n           ')}`,
    `outputs    ${manifest.signature.outputs.map(describeTensor).join('\n           ')}`,
    `golden     ${manifest.golden ? `${manifest.golden.rows} rows, tolerance ${manifest.golden.tolerance}` : 'none'}`,
  ];
  for (const [key, value] of Object.entries(manifest.labels ?? {})) lines.push(`label      ${key}=${value}`);
  if (manifest.signature.openInputs) lines.push('           more inputs are taken: columns by name');
  if (manifest.signature.batchable === false) lines.push('           of a fixed batch size: requests are not joined');
  return lines.join('\n');
}

/** What a job measured of it on labelled rows. */
export function describeQuality({ metrics, samples, source, measuredAt }: QualityReport): string {
  const values = Object.entries(metrics).map(([name, { value }]) => `${name} ${Number(value.toPrecision(4))}`);
  return `quality    ${values.join(', ')} (${samples} labelled rows, ${source}, ${measuredAt})`;
}

export function describeTensor(spec: TensorSpec): string {
  return `${spec.name} ${spec.datatype} [${spec.shape.join(', ')}]${spec.optional ? ' optional' : ''}`;
}

/** Columns as wide as what is in them. */
export function textTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i].length)));
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
