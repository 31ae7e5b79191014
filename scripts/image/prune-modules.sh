#!/bin/sh
# Run in /app of the image's build: takes from node_modules what only compilers, browsers, tests and other platforms read, then
# loads each library that was cut, so that a version whose files are laid out otherwise breaks the build and not a job.
set -eu
cd node_modules

find . -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -iname '*.md' -o -name '*.min.js.html' \
  -o -name '*.tsbuildinfo' \) -delete
find . -depth -type d \( -name test -o -name tests -o -name __tests__ -o -name docs -o -name examples \) -exec rm -rf {} +
rm -f .package-lock.json

# Native libraries of other systems.
arch=$(node -p process.arch)
for dir in onnxruntime-node/bin/*/*/*; do
  case $dir in */linux/"$arch") ;; *) rm -rf "$dir" ;; esac
done

# Of the many builds, those that Node loads.
find onnxruntime-web/dist onnxruntime-web/lib -type f ! -name 'ort.node.min.*' ! -name 'ort-wasm-simd-threaded.mjs' \
  ! -name 'ort-wasm-simd-threaded.wasm' -delete
find @tensorflow/tfjs* -path '*/dist/*' -type f ! -name '*.node.js' ! -name '*.wasm' ! -name package.json -delete
rm -rf @tensorflow/tfjs-backend-wasm/wasm-out h5wasm/dist/iife h5wasm/src
# Polyfills of browsers, and of a runtime that isn't Node.
rm -rf core-js bare-*
find . -type d -empty -delete

cd ..
node --input-type=module -e "
  for (const name of ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm', 'onnxruntime-web', 'onnxruntime-node', 'h5wasm', 'h5wasm/node',
    '@kubernetes/client-node', 'minio', 'kafkajs', 'esbuild', 'yargs', 'pino', 'prom-client', 'ajv', 'yaml', 'fast-png', 'jpeg-js']) await import(name);
  const tf = (await import('@tensorflow/tfjs')).default;
  await import('@tensorflow/tfjs-backend-wasm');
  await tf.setBackend('wasm');
  if ((await tf.add(1, 2).data())[0] !== 3) throw new Error('tfjs-backend-wasm miscounts');
"
