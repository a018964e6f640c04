import type { Infer, Structural } from './structural.ts'

const labelText = { type: 'string', maxLength: 317 } as const satisfies Structural

export const instanceSelectorSchema = {
  type: 'object',
  properties: {
    matchLabels: { type: 'object', maxProperties: 32, additionalProperties: labelText },
    matchExpressions: {
      type: 'array',
      maxItems: 32,
      items: {
        type: 'object',
        required: ['key', 'operator'],
        properties: {
          key: labelText,
          operator: { type: 'string', enum: ['In', 'NotIn', 'Exists', 'DoesNotExist'] },
          values: { type: 'array', maxItems: 64, items: labelText },
        },
        'x-kubernetes-validations': [
          {
            rule: "(self.operator in ['In', 'NotIn']) == (has(self.values) && size(self.values) > 0)",
            message: 'In and NotIn take values, Exists and DoesNotExist take none',
          },
        ],
      },
    },
  },
  'x-kubernetes-validations': [
    {
      rule: '(has(self.matchLabels) && size(self.matchLabels) > 0) || (has(self.matchExpressions) && size(self.matchExpressions) > 0)',
      message: 'must hold at least one of matchLabels and matchExpressions',
    },
  ],
} as const satisfies Structural

export type LabelSelector = Infer<typeof instanceSelectorSchema>

/** Whether labels meet every clause of a selector, as Kubernetes reads it. */
export function selects(selector: LabelSelector, labels: Readonly<Record<string, string>> = {}): boolean {
  // A map, because "constructor" is a label like any other.
  const values = new Map(Object.entries(labels))
  const equal = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => values.get(key) === value)
  return equal && (selector.matchExpressions ?? []).every(expression => meets(expression, values))
}

function meets(
  expression: NonNullable<LabelSelector['matchExpressions']>[number],
  labels: ReadonlyMap<string, string>,
): boolean {
  const value = labels.get(expression.key)
  switch (expression.operator) {
    case 'In':
      return value !== undefined && (expression.values ?? []).includes(value)
    case 'NotIn':
      return value === undefined || !(expression.values ?? []).includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
  }
}
