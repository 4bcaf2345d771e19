/** A CEL expression standing for a value of a blueprint that is not composed yet. */
export interface Expression {
  readonly [expressionKey]: string;
}

const expressionKey = Symbol("expression");

/** Blueprint data before composition: JSON values and expressions. */
export type Tree =
  | null
  | string
  | number
  | boolean
  | Expression
  | readonly Tree[]
  | { readonly [key: string]: Tree };

export type TreeMap = { readonly [key: string]: Tree };

/** The text of a `!cel` tag as a value. */
export const expression = (source: string): Expression => ({ [expressionKey]: source });

export const isExpression = (value: unknown): value is Expression =>
  typeof value === "object" && value !== null && expressionKey in value;

export const sourceOf = (value: Expression): string => value[expressionKey];

export const isTreeMap = (value: unknown): value is TreeMap =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !isExpression(value);

/** Every expression of a tree and where it stands. */
export const expressionsIn = (
  value: Tree,
  path: readonly PropertyKey[] = [],
): Array<{ source: string; path: readonly PropertyKey[] }> => {
  if (isExpression(value)) return [{ source: sourceOf(value), path }];
  if (Array.isArray(value)) return value.flatMap((item, index) => expressionsIn(item, [...path, index]));
  if (!isTreeMap(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => expressionsIn(item, [...path, key]));
};
