/** tfjs graph models: a TensorFlow graph converted for TensorFlow.js. Outputs and inputs have the names of the signature. */
import { TidewheelError } from '../../../api/errors.js';
import type { LoadedModel, ModelFiles, ModelSignature, Tensor, Tensors } from '../contract.js';
import { failure, named } from './layers-runner.js';
import type { Tf } from './load-tf.js';
import { artifacts, findModelJson } from './model-json.js';
import type { TfGraphModel, TfGraphTensor, TfTensor } from './tf-module.js';
import { specOf, toTf, zeros } from './tf-tensors.js';

/** A name of the signature and the node of the graph behind it. */
interface Port {
  readonly name: string;
  readonly node: string;
}

/** Throws TW7202, TW7205. */
export async function openTfjsGraph(tf: Tf, files: ModelFiles): Promise<LoadedModel> {
  const found = findModelJson(files);
  if (!found) throw new TidewheelError('TW7202', 'there is no model.json that could be read');
  const content = artifacts(files, found);
  tf.use();
  let model: TfGraphModel;
  try {
    model = await tf.module.loadGraphModel(tf.module.io.fromMemory(content));
  } catch (error) {
    throw new TidewheelError('TW7202', `the graph can’t be loaded: ${(error as Error).message}`, { cause: error });
  }
  const signatureDef = found.json.signature ?? found.json.userDefinedMetadata?.signature;
  const inputs = ports(signatureDef?.inputs, model.inputs);
  const outputs = ports(signatureDef?.outputs, model.outputs);
  const signature = signatureOf(model, inputs, outputs);
  const runner = new GraphRunner(tf, model, signature, inputs, outputs);
  try {
    await runner.warmUp();
  } catch (error) {
    model.dispose();
    throw error;
  }
  return runner;
}

/** `x:0` of a signature is node `x`. */
function ports(defs: Record<string, { name?: string }> | undefined, nodes: readonly TfGraphTensor[]): Port[] {
  const entries = Object.entries(defs ?? {}).filter(([, def]) => def?.name);
  if (entries.length === 0) return nodes.map((node) => ({ name: stripped(node.name), node: node.name }));
  return entries.map(([name, def]) => ({ name: stripped(name), node: def.name as string }));
}

function stripped(name: string): string {
  return name.replace(/:0$/, '');
}

function signatureOf(model: TfGraphModel, inputs: readonly Port[], outputs: readonly Port[]): ModelSignature {
  const find = (nodes: readonly TfGraphTensor[], port: Port) =>
    nodes.find((n) => stripped(n.name) === stripped(port.node));
  const spec = (nodes: readonly TfGraphTensor[], port: Port, kind: string) => {
    const node = find(nodes, port);
    return specOf(port.name, node?.shape, node?.dtype ?? 'float32', `${kind} '${port.name}'`);
  };
  return {
    inputs: inputs.map((port) => spec(model.inputs, port, 'input')),
    outputs: outputs.map((port) => spec(model.outputs, port, 'output')),
  };
}

class GraphRunner implements LoadedModel {
  readonly format = 'tfjs-graph' as const;
  readonly backend: Tf['backend'];
  /** Graphs with loops and conditions only run asynchronously. */
  private asynchronous = false;
  private closed = false;
  private readonly outputNodes: string[];

  constructor(
    private readonly tf: Tf,
    private readonly model: TfGraphModel,
    public signature: ModelSignature,
    private readonly inputPorts: readonly Port[],
    outputPorts: readonly Port[],
  ) {
    this.backend = tf.backend;
    this.outputNodes = outputPorts.map((port) => port.node);
  }

  /** A row of zeros: finds missing operations, graphs that need to be asynchronous, and shapes and types of the outputs. */
  async warmUp(): Promise<void> {
    const inputs: Record<string, Tensor> = {};
    for (const spec of this.signature.inputs) inputs[spec.name] = zeros(spec, 1, 8);
    let answer: Tensors | undefined;
    try {
      answer = this.execute(inputs);
    } catch (error) {
      if (/dynamic op|control flow|executeAsync/i.test((error as Error).message)) {
        this.asynchronous = true;
        answer = await this.executeAsync(inputs).catch(rethrowMissing);
      } else rethrowMissing(error);
    }
    if (answer) this.signature = { ...this.signature, outputs: this.seenOutputs(answer) };
  }

  /** The graph says little of its outputs: a row of zeros says their types and ranks. */
  private seenOutputs(answer: Tensors): ModelSignature['outputs'] {
    return this.signature.outputs.map((spec) => {
      const seen = answer[spec.name];
      const known = spec.shape.length === seen.shape.length;
      const shape = seen.shape.map((size, i) => (i === 0 ? -1 : known && spec.shape[i] !== -1 ? spec.shape[i] : size));
      return { ...spec, datatype: seen.datatype, shape };
    });
  }

  predict(inputs: Tensors): Tensors | Promise<Tensors> {
    return this.asynchronous ? this.executeAsync(inputs) : this.execute(inputs);
  }

  private given(inputs: Tensors): Record<string, TfTensor> {
    const out: Record<string, TfTensor> = {};
    for (const port of this.inputPorts) out[port.node] = toTf(this.tf.module, inputs[port.name]);
    return out;
  }

  private execute(inputs: Tensors): Tensors {
    this.tf.use();
    const engine = this.tf.module.engine();
    engine.startScope();
    try {
      const answer = this.model.execute(this.given(inputs), this.outputNodes);
      return named(this.signature, Array.isArray(answer) ? answer : [answer]);
    } catch (error) {
      throw failure(error);
    } finally {
      engine.endScope();
    }
  }

  private async executeAsync(inputs: Tensors): Promise<Tensors> {
    this.tf.use();
    const given = this.given(inputs);
    let answers: TfTensor[] = [];
    try {
      const answer = await this.model.executeAsync(given, this.outputNodes);
      answers = Array.isArray(answer) ? answer : [answer];
      return named(this.signature, answers);
    } catch (error) {
      throw failure(error);
    } finally {
      for (const tensor of [...Object.values(given), ...answers]) tensor.dispose();
    }
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.tf.use();
    this.model.dispose();
  }
}

function rethrowMissing(error: unknown): undefined {
  const { message } = error as Error;
  if (error instanceof TidewheelError && error.code === 'TW7205') throw error;
  const unknown = /Unknown op '?(\w+)|TensorFlow Op is not supported: (\w+)|(\w+) is not supported/i.exec(message);
  if (unknown) {
    throw new TidewheelError('TW7205', `the graph has an operation that can’t be run: ${message}`, { cause: error });
  }
  return undefined;
}
