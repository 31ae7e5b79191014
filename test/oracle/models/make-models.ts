/** Makes test/unit/model/data anew, by make.py beside this file. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const PACKAGES = [
  'tensorflow-cpu==2.18.1',
  'tf_keras==2.18.0',
  'numpy<2.1',
  'pandas',
  'scikit-learn',
  'skl2onnx',
  'onnx',
  'onnxruntime',
  'tritonclient[http]',
];

/** The Python of the environment, which is made when it is not there. Throws when there is no Python or no registry. */
export function modelPython(): string {
  const venv = join(homedir(), '.cache', 'tidewheel', 'model-venv');
  const python = join(venv, 'bin', 'python');
  const complete = join(venv, 'complete');
  if (!existsSync(complete)) {
    execFileSync('python3', ['-m', 'venv', venv], { stdio: 'inherit' });
    const pip = (...args: string[]) =>
      execFileSync(python, ['-m', 'pip', 'install', '--quiet', ...args], { stdio: 'inherit' });
    pip(...PACKAGES);
    // Its own list of packages asks for TensorFlow Decision Forests and JAX, which its converters don't need.
    pip('--no-deps', 'tensorflowjs==4.22.0', 'tensorflow_hub');
    execFileSync('touch', [complete]);
  }
  return python;
}

export function makeModels(): void {
  const root = process.cwd();
  const script = join(root, 'test', 'oracle', 'models', 'make.py');
  execFileSync(modelPython(), ['-W', 'ignore', script, join(root, 'test', 'unit', 'model', 'data')], {
    stdio: 'inherit',
  });
}
