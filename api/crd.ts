/** Resource kinds → CustomResourceDefinitions, as plain JSON. */
import { API_GROUP, API_VERSION, type ResourceKind } from './resources.js';
import type { Rule, SchemaNode } from './schema.js';

type JsonObject = { [key: string]: unknown };

/** The CRD of a kind: structural schema, CEL rules, columns, status and scale subresources. */
export function toCustomResourceDefinition(kind: ResourceKind): JsonObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${kind.plural}.${API_GROUP}` },
    spec: {
      group: API_GROUP,
      scope: 'Namespaced',
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural: kind.plural,
        singular: kind.singular,
        shortNames: [...kind.shortNames],
        categories: ['tidewheel', 'all'],
      },
      versions: [
        {
          name: API_VERSION,
          served: true,
          storage: true,
          subresources: {
            status: {},
            ...(kind.scale
              ? {
                  scale: {
                    specReplicasPath: kind.scale.spec,
                    statusReplicasPath: kind.scale.status,
                    labelSelectorPath: kind.scale.selector,
                  },
                }
              : {}),
          },
          additionalPrinterColumns: kind.columns.map((column) => ({
            name: column.name,
            jsonPath: column.path,
            type: column.type,
            description: column.description,
            ...(column.wide ? { priority: 1 } : {}),
          })),
          schema: {
            openAPIV3Schema: {
              description: kind.description,
              type: 'object',
              required: ['spec'],
              properties: {
                apiVersion: { type: 'string', description: 'Version of this representation of the object.' },
                kind: { type: 'string', description: 'Kind of the object.' },
                metadata: { type: 'object' },
                spec: toOpenApi(kind.spec.node),
                status: toOpenApi(kind.status.node),
              },
              ...validations(kind.rules),
            },
          },
        },
      ],
    },
  };
}

/** A node as structural OpenAPI v3. */
export function toOpenApi(node: SchemaNode): JsonObject {
  const out: JsonObject = {};
  if (node.description !== undefined) out['description'] = node.description;
  if (node.type !== undefined) out['type'] = node.type;
  for (const key of [
    'format',
    'enum',
    'pattern',
    'minimum',
    'maximum',
    'minLength',
    'maxLength',
    'minItems',
    'maxItems',
    'maxProperties',
    'nullable',
    'default',
  ] as const) {
    if (node[key] !== undefined) out[key] = node[key];
  }
  if (node.required) out['required'] = [...node.required];
  if (node.properties && Object.keys(node.properties).length > 0) {
    out['properties'] = Object.fromEntries(
      Object.entries(node.properties).map(([name, child]) => [name, toOpenApi(child)]),
    );
  }
  if (node.additionalProperties) out['additionalProperties'] = toOpenApi(node.additionalProperties);
  if (node.items) out['items'] = toOpenApi(node.items);
  if (node.preserveUnknown) out['x-kubernetes-preserve-unknown-fields'] = true;
  if (node.intOrString) out['x-kubernetes-int-or-string'] = true;
  if (node.listMapKeys) {
    out['x-kubernetes-list-type'] = 'map';
    out['x-kubernetes-list-map-keys'] = [...node.listMapKeys];
  }
  return { ...out, ...validations(node.rules) };
}

function validations(rules: readonly Rule[] | undefined): JsonObject {
  if (!rules || rules.length === 0) return {};
  return {
    'x-kubernetes-validations': rules.map((rule) => ({
      rule: rule.cel,
      message: rule.message,
      ...(rule.field ? { fieldPath: `.${rule.field}` } : {}),
    })),
  };
}
