/**
 * Makes the expected values of the learning library anew; see README.md beside this file.
 *
 * Usage: node dist/test/oracle/run.js [part …]   (parts are the .py files: linear, bayes, metrics, …; default all)
 *        node dist/test/oracle/run.js images     images of Pillow and TensorFlow (in the environment of models)
 *        node dist/test/oracle/run.js models     models of Keras, TensorFlow and scikit-learn, with answers (800 MB of packages)
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { makeModels, modelPython } from './models/make-models.js';

if (process.argv[2] === 'models') makeModels();
else if (process.argv[2] === 'images') makeImages();
else makeLearning();

function makeImages(): void {
  const python = modelPython();
  execFileSync(python, ['-m', 'pip', 'install', '--quiet', 'pillow'], { stdio: 'inherit' });
  const script = join(process.cwd(), 'test', 'oracle', 'images.py');
  execFileSync(python, ['-W', 'ignore', script, join('test', 'unit', 'learn', 'expected', 'images.json')], {
    stdio: 'inherit',
  });
}

function makeLearning(): void {
  const root = process.cwd();
  const venv = join(homedir(), '.cache', 'tidewheel', 'oracle-venv');
  const python = join(venv, 'bin', 'python');

  if (!existsSync(python)) {
    mkdirSync(join(venv, '..'), { recursive: true });
    execFileSync('python3', ['-m', 'venv', venv], { stdio: 'inherit' });
  }
  try {
    execFileSync(python, ['-c', 'import river, sklearn'], { stdio: 'ignore' });
  } catch {
    execFileSync(join(venv, 'bin', 'pip'), ['install', '--quiet', 'river', 'scikit-learn'], { stdio: 'inherit' });
  }
  execFileSync(
    python,
    [join(root, 'test', 'oracle', 'make.py'), join(root, 'test', 'unit', 'learn'), ...process.argv.slice(2)],
    {
      stdio: 'inherit',
      // One order of sets, whatever the run.
      env: { ...process.env, PYTHONHASHSEED: '0', PYTHONDONTWRITEBYTECODE: '1', OMP_NUM_THREADS: '1' },
    },
  );
}
