# The one image of Tidewheel: operator, coordinator, runner, model server and command line.
#
#   docker build -t tidewheel:dev .
#
# 358 MB: 139 over its base, of which 90 are libraries of models and 6 our own code. Runs as uid 10001 with a read-only root and no
# capabilities; only /tmp, and the folder of the state where a job names no storage, are written to.
#
# Releases pin the base by digest: --build-arg NODE_IMAGE=node:22-bookworm-slim@sha256:…
ARG NODE_IMAGE=node:22-bookworm-slim

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund

# Compiles. Nothing of this stage but dist/ reaches the image.
FROM dependencies AS build
COPY . .
RUN node node_modules/typescript/bin/tsc -p tsconfig.json --sourceMap false --incremental false --tsBuildInfoFile null \
 && node dist/scripts/bundle.js \
 && chmod 755 dist/cli/main.js

# What runs: dependencies of production, without what only a compiler, a browser or another platform wants. tfjs-node without
# its 400 MB of TensorFlow is dead weight: models run on WebAssembly and onnxruntime here.
FROM dependencies AS modules
RUN npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
 && npm uninstall --no-save --ignore-scripts --no-audit --no-fund --omit=dev @tensorflow/tfjs-node
COPY scripts/image/prune-modules.sh /tmp/
RUN /tmp/prune-modules.sh

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="Tidewheel" \
      org.opencontainers.image.description="Stream processing and model serving on Kubernetes" \
      org.opencontainers.image.licenses="Apache-2.0"
# A new container has no compiled code of an earlier run: what Node would keep of this run's for a next one is memory for nothing.
ENV NODE_ENV=production NODE_DISABLE_COMPILE_CACHE=1
RUN ln -s /app/dist/cli/main.js /usr/local/bin/tidewheel
WORKDIR /app
COPY --from=modules /app/node_modules node_modules
COPY package.json package-lock.json ./
COPY crds crds
COPY --from=build /app/dist dist
COPY scripts/image/entry.sh ./
# Numeric, so that runAsNonRoot can be checked before the container starts.
USER 10001:10001
# The command line; a runner that is killed is started again where it is.
ENTRYPOINT ["/app/entry.sh"]
CMD ["--help"]
