# The one image of Tidewheel: operator, coordinator, runner, model server and command line.
#
#   docker build -t tidewheel:dev .
#
# It adds 60 MB to its base: 56 of dependencies, 4 of our own code. Runs as uid 10001 with a read-only root and no capabilities; only
# /tmp, and the folder of the state where a job names no storage, are written to.
#
# Releases pin the base by digest: --build-arg NODE_IMAGE=node:22-bookworm-slim@sha256:…
ARG NODE_IMAGE=node:22-bookworm-slim

# Compiles. Nothing of this stage but dist/ reaches the image.
FROM ${NODE_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN node node_modules/typescript/bin/tsc -p tsconfig.json --sourceMap false --incremental false --tsBuildInfoFile null \
 && chmod 755 dist/cli/main.js

# What runs: dependencies of production, without what only a compiler or a reader of sources wants.
FROM ${NODE_IMAGE} AS modules
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
 && find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -iname '*.md' \) -delete \
 && find node_modules -depth -type d \( -name test -o -name tests -o -name __tests__ -o -name docs -o -name examples \) -exec rm -rf {} + \
 && rm -f node_modules/.package-lock.json

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="Tidewheel" \
      org.opencontainers.image.description="Stream processing and model serving on Kubernetes" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production
RUN ln -s /app/dist/cli/main.js /usr/local/bin/tidewheel
WORKDIR /app
COPY --from=modules /app/node_modules node_modules
COPY package.json package-lock.json ./
COPY crds crds
COPY --from=build /src/dist dist
# Numeric, so that runAsNonRoot can be checked before the container starts.
USER 10001:10001
ENTRYPOINT ["node", "/app/dist/cli/main.js"]
CMD ["--help"]
