/** Pieces that several resources use. */
import {
  anything,
  flag,
  integer,
  intOrString,
  list,
  mapOf,
  object,
  openObject,
  required,
  type Schema,
  text,
  withDefault,
} from './schema.js';

/** DNS-1123 label: names of Kubernetes objects. */
const OBJECT_NAME = {
  pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$',
  patternText: 'lower-case letters, digits and -',
  maxLength: 253,
};

const DURATION_PATTERN =
  '^\\s*(0|P(\\d+D)?(T(\\d+H)?(\\d+M)?(\\d+(\\.\\d+)?S)?)?|(\\d+(\\.\\d+)?\\s*(ms|millis|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?|w|weeks?)\\s*)+)\\s*$';

/** A duration as text, see runtime/time/duration.ts. */
export function duration(description: string): Schema<string, string, 'optional'> {
  return text(`${description} A duration such as \`500ms\`, \`5s\`, \`10 min\` or \`1h30m\`.`, {
    pattern: DURATION_PATTERN,
    patternText: 'a duration such as 500ms, 5s, 10 min or 1h30m',
    maxLength: 64,
  });
}

/** A Kubernetes quantity. */
export function quantity(description: string): Schema<string | number, string | number, 'optional'> {
  return intOrString(description, {
    pattern:
      '^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$',
    patternText: 'a quantity such as 512Mi, 2Gi, 500m or 2',
  });
}

/** Of memory: what bytesOf() reads. */
export function memoryQuantity(description: string): Schema<string | number, string | number, 'optional'> {
  return intOrString(description, {
    pattern: '^([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([kMGT]|[KMGT]i)?$',
    patternText: 'an amount of memory such as 512Mi or 2Gi',
  });
}

export function objectName(description: string): Schema<string, string, 'optional'> {
  return text(description, OBJECT_NAME);
}

/** A credential in a file: only as a reference, so that values never stand in specs. */
export function reference(description: string): Schema<string, string, 'optional'> {
  return text(`${description} A reference: \`\${env:NAME}\` or \`\${secret:NAME/KEY}\`.`, {
    pattern: '^\\$\\{(env:[A-Za-z_][A-Za-z0-9_]*|secret:[a-z0-9.-]+/[A-Za-z0-9._-]+)\\}$',
    patternText: 'a reference such as ${env:NAME} or ${secret:NAME/KEY}',
    maxLength: 512,
  });
}

export const resources = object('Memory and processor of one pod.', {
  memory: memoryQuantity(
    'Memory of the pod, request and limit. One number: how it is split between heap, buffers and state is decided for you. Example: 1Gi.',
  ),
  cpu: quantity('Processor of the pod, as request. Example: 500m or 2.'),
  cpuLimit: quantity('Upper limit of processor time. Left out: no limit, which avoids throttling.'),
});

const storageS3 = object('A bucket of MinIO or any other S3.', {
  endpoint: required(
    text('URL of the store, e.g. http://minio:9000.', {
      pattern: '^https?://.+',
      patternText: 'a URL that starts with http:// or https://',
      maxLength: 2048,
    }),
  ),
  bucket: required(text('Name of the bucket. It must exist.', { minLength: 3, maxLength: 63 })),
  prefix: text('Folder within the bucket. Default: the namespace and name of the resource.', { maxLength: 512 }),
  region: withDefault(text('Region for signatures.', { maxLength: 64 }), 'us-east-1'),
  secretRef: objectName(
    'Secret of the same namespace with the keys `accessKey` and `secretKey`. Left out: the environment variables TIDEWHEEL_S3_ACCESS_KEY and TIDEWHEEL_S3_SECRET_KEY.',
  ),
  accessKey: reference('Access key, in place of secretRef.'),
  secretKey: reference('Secret key, in place of secretRef.'),
  caSecretRef: objectName('Secret with the key `ca.crt` that signed the certificate of the store.'),
  pathStyle: withDefault(
    flag('Whether the bucket stands in the path of the URL rather than in the host name. MinIO wants true.'),
    true,
  ),
});

const storageLocal = object('A folder. On Kubernetes this must be a volume that all pods share.', {
  path: required(
    text('Path of the folder; relative paths are relative to the job file.', { minLength: 1, maxLength: 4096 }),
  ),
});

export const storage = object(
  'Where snapshots and models are kept. Exactly one of s3 and local.',
  { s3: storageS3, local: storageLocal },
  [
    {
      cel: 'has(self.s3) != has(self.local)',
      message: 'exactly one of s3 and local must be set',
      check: (value) => (value.s3 !== undefined) !== (value.local !== undefined),
    },
  ],
);

const keyOf = (what: string) =>
  object(`Key of a ${what}.`, {
    name: required(objectName(`Name of the ${what}.`)),
    key: required(text(`Key in the ${what}.`, { minLength: 1, maxLength: 253 })),
    optional: flag(`Whether the pod may start when the ${what} or its key is not there.`),
  });

export const env = list(
  'Environment variables of the pods. Options of connectors refer to them as `${env:NAME}`.',
  object('An environment variable.', {
    name: required(
      text('Name of the variable.', {
        pattern: '^[A-Za-z_][A-Za-z0-9_.-]*$',
        patternText: 'a name of letters, digits and _',
        maxLength: 256,
      }),
    ),
    value: text('Its value. Not for secrets: this text is readable by everyone who may read the resource.', {
      maxLength: 32768,
    }),
    valueFrom: object('Where the value comes from.', {
      secretKeyRef: keyOf('Secret'),
      configMapKeyRef: keyOf('ConfigMap'),
    }),
  }),
  { maxItems: 256, listMapKeys: ['name'] },
);

export const secrets = list(
  'Secrets that are mounted into the pods as files. Options of connectors refer to their keys as `${secret:NAME/KEY}`; values never appear in logs, status, ConfigMaps or snapshots.',
  object('A Secret to mount.', {
    name: required(objectName('Name of the Secret in the same namespace.')),
    mountPath: text('Where programs find it, besides `${secret:NAME/KEY}`. Default: not mounted elsewhere.', {
      maxLength: 1024,
    }),
    optional: flag('Whether pods may start when the Secret is not there.'),
  }),
  { maxItems: 64, listMapKeys: ['name'] },
);

export const podTemplate = object(
  'Changes to the pods that the operator makes, merged over its own: labels, annotations, node selector, tolerations, affinity, volumes, side containers …',
  {
    metadata: object('Labels and annotations added to the pods.', {
      labels: mapOf('Labels.', text('Value of the label.', { maxLength: 63 })),
      annotations: mapOf('Annotations.', text('Value of the annotation.')),
    }),
    spec: openObject('A Kubernetes PodSpec; the main container is the one named `tidewheel`.', {}),
  },
);

export const tls = object(
  'Mutual TLS between operator, coordinator and runners, with a certificate authority per job.',
  {
    enabled: withDefault(flag('Whether connections are encrypted and both sides authenticated.'), true),
    certificateLifetime: withDefault(
      duration('Lifetime of certificates; they are renewed, without a stop, when two thirds have passed.'),
      '30d',
    ),
    issuerRef: object('A cert-manager issuer in place of the built-in authority.', {
      name: required(objectName('Name of the issuer.')),
      kind: withDefault(
        text('Issuer or ClusterIssuer.', {
          pattern: '^(Issuer|ClusterIssuer)$',
          patternText: 'Issuer or ClusterIssuer',
        }),
        'Issuer',
      ),
    }),
  },
);

export const imagePullPolicy = text('When the image is pulled.', {
  pattern: '^(Always|IfNotPresent|Never)$',
  patternText: 'Always, IfNotPresent or Never',
});

export const imagePullSecrets = list(
  'Secrets with credentials of the image registry.',
  object('A Secret of the same namespace.', { name: required(objectName('Name of the Secret.')) }),
  { maxItems: 16, listMapKeys: ['name'] },
);

export const observedGeneration = integer('Generation of the spec that this status describes.', {
  minimum: 0,
  format: 'int64',
});

/** Any JSON object, checked by whoever reads it. */
export function openJson(description: string): Schema<any, any, 'optional'> {
  return anything<any>(description);
}

/** An instant as Kubernetes writes it. */
export function instant(description: string): Schema<string, string, 'optional'> {
  return text(description, { format: 'date-time' });
}
