/** A user's pod template laid over the operator's: what the user says wins, lists with names are joined by name. */
import { MAIN_CONTAINER } from './names.js';

type Json = Record<string, any>;

/** Lists of a PodSpec or container whose items have an identity, and the field that is it. */
const KEYED: Readonly<Record<string, string>> = {
  containers: 'name',
  initContainers: 'name',
  volumes: 'name',
  env: 'name',
  ports: 'containerPort',
  volumeMounts: 'mountPath',
  imagePullSecrets: 'name',
  topologySpreadConstraints: 'topologyKey',
};

export function mergePodTemplate(ours: Json, theirs: Json | undefined): Json {
  if (!theirs) return ours;
  const merged = mergeObjects(ours, {
    ...(theirs.metadata ? { metadata: theirs.metadata } : {}),
    ...(theirs.spec ? { spec: theirs.spec } : {}),
  });
  // The labels that select the pods must stay.
  merged.metadata = { ...merged.metadata, labels: { ...merged.metadata?.labels, ...ours.metadata?.labels } };
  const main = merged.spec.containers.findIndex((c: Json) => c.name === MAIN_CONTAINER);
  merged.spec.containers = [
    merged.spec.containers[main],
    ...merged.spec.containers.filter((_: Json, i: number) => i !== main),
  ];
  return merged;
}

function mergeObjects(ours: Json, theirs: Json): Json {
  const out: Json = { ...ours };
  for (const [name, value] of Object.entries(theirs)) {
    if (value === null) delete out[name];
    else if (Array.isArray(value) && Array.isArray(out[name])) out[name] = mergeLists(name, out[name], value);
    else if (isObject(value) && isObject(out[name])) out[name] = mergeObjects(out[name], value);
    else out[name] = value;
  }
  return out;
}

function mergeLists(name: string, ours: Json[], theirs: Json[]): Json[] {
  const key = KEYED[name];
  if (!key) return [...ours, ...theirs];
  const out = [...ours];
  for (const item of theirs) {
    const at = out.findIndex((o) => o[key] === item[key]);
    if (at < 0) out.push(item);
    else out[at] = mergeObjects(out[at], item);
  }
  return out;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
