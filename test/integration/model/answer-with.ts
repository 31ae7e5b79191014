/**
 * `node answer-with.js BACKEND [PATH OF tfjs-node]`: opens each stored model that the backend runs and prints, as a line of JSON,
 * the largest difference from the stored answers. A process of its own: TensorFlow stays out of the tests' process.
 */
import { type ModelBackend, openModel, setTfjsNodePath } from '../../../runtime/model/index.js';
import { answersOf, filesOf, inputsOf, storedModels, worstDifference } from '../../unit/model/stored-models.js';

const [backend, path] = process.argv.slice(2) as [ModelBackend, string | undefined];
if (path) setTfjsNodePath(path);
const seen: Record<string, number | string> = {};
for (const name of storedModels()) {
  if (name.startsWith('refused-') || name.startsWith('onnx-')) continue;
  try {
    const answers = answersOf(name);
    const model = await openModel(filesOf(name), { backends: [backend] });
    seen[name] = worstDifference(await model.predict(inputsOf(answers)), answers.outputs);
    await model.close();
  } catch (error) {
    seen[name] = `${(error as { code?: string }).code}: ${(error as Error).message}`;
  }
}
console.log(JSON.stringify(seen));
