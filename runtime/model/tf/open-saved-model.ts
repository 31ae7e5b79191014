/** SavedModel, where tfjs-node is there: TensorFlow itself loads it from a folder, so its files are written to one first. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { TidewheelError } from '../../../api/errors.js';
import type { LoadedModel, ModelFiles, ModelSignature, Tensor } from '../contract.js';
import { failure } from './layers-runner.js';
import type { Tf } from './load-tf.js';
import type { TfMetaGraph, TfSavedModel, TfSavedTensor } from './tf-module.js';
import { fromTf, specOf, toTf } from './tf-tensors.js';

/** Throws TW7202, TW7205, TW7206. */
export async function openSavedModel(tf: Tf, files: ModelFiles): Promise<LoadedModel> {
  const { node } = tf.module;
  if (!node) throw new TidewheelError('TW7206', 'SavedModel needs @tensorflow/tfjs-node, which is not in use here');
  const folder = await mkdtemp(join(tmpdir(), 'tidewheel-saved-model-'));
  try {
    const root = rootOf(files);
    for (const [name, bytes] of files) {
      const inside = normalize(name.slice(root.length));
      if (!name.startsWith(root) || inside.startsWith('..')) continue;
      await mkdir(dirname(join(folder, inside)), { recursive: true });
      await writeFile(join(folder, inside), bytes);
    }
    const graphs = await node.getMetaGraphsFromSavedModel(folder);
    const { graph, key } = servingSignature(graphs);
    const model = await node.loadSavedModel(folder, graph.tags, key);
    return runner(tf, model, graph, key);
  } catch (error) {
    if (error instanceof TidewheelError) throw error;
    throw new TidewheelError('TW7202', `the SavedModel can’t be loaded: ${(error as Error).message}`, { cause: error });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function rootOf(files: ModelFiles): string {
  const graph = [...files.keys()].find((name) => name === 'saved_model.pb' || name.endsWith('/saved_model.pb'));
  return graph ? graph.slice(0, -'saved_model.pb'.length) : '';
}

function servingSignature(graphs: readonly TfMetaGraph[]): { graph: TfMetaGraph; key: string } {
  const graph = graphs.find((g) => g.tags.includes('serve')) ?? graphs[0];
  const keys = Object.keys(graph?.signatureDefs ?? {}).filter((key) => !key.startsWith('__'));
  const key = keys.includes('serving_default') ? 'serving_default' : keys[0];
  if (!key) throw new TidewheelError('TW7202', 'the SavedModel has no signature that could be called');
  return { graph, key };
}

function runner(tf: Tf, model: TfSavedModel, graph: TfMetaGraph, key: string): LoadedModel {
  const def = graph.signatureDefs[key];
  const spec =
    (kind: string) =>
    ([name, tensor]: [string, TfSavedTensor]) =>
      specOf(name, tensor.shape.map(sizeOf), tensor.dtype, `${kind} '${name}'`);
  const signature: ModelSignature = {
    inputs: Object.entries(def.inputs).map(spec('input')),
    outputs: Object.entries(def.outputs).map(spec('output')),
  };
  let closed = false;
  return {
    format: 'saved-model',
    backend: tf.backend,
    signature,
    predict: (inputs) => {
      const engine = tf.module.engine();
      engine.startScope();
      try {
        const given = Object.fromEntries(signature.inputs.map((s) => [s.name, toTf(tf.module, inputs[s.name])]));
        const answer = model.predict(given);
        const out: Record<string, Tensor> = {};
        for (const { name } of signature.outputs) out[name] = fromTf(answer[name]);
        return out;
      } catch (error) {
        throw failure(error);
      } finally {
        engine.endScope();
      }
    },
    close: () => {
      if (!closed) model.dispose();
      closed = true;
    },
  };
}

/** A dimension is a protobuf message whose fields have the names that a minifier gave them: the size is in its array. */
function sizeOf(dimension: unknown): number {
  if (typeof dimension === 'number') return dimension;
  const list = Object.values(dimension as object).find((value) => Array.isArray(value)) as number[] | undefined;
  return list?.[0] ?? -1;
}
