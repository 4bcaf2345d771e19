import { FieldType, Operator } from "@k8shell/contract/gen/query/v1/query_pb.js";

/** What a field of an item may hold. A list matches when one of its elements does. */
export type FieldValue = string | number | boolean | Date | bigint | readonly string[] | undefined;

/** One queryable field of a resource. */
export interface QueryField<Item> {
  readonly name: string;
  readonly type: "string" | "number" | "boolean" | "datetime";
  /** The item's value; absent (undefined, "" or an empty list) counts as not existing. */
  readonly value: (item: Item) => FieldValue;
  /** Operators accepted; default: every one that makes sense for the type. */
  readonly operators?: readonly Operator[];
  /** Makes a string field ordered by quantity (`500m`, `2Gi`): its number, or undefined when the text is none. */
  readonly quantity?: (text: string) => number | undefined;
}

/** Enum value of a field type name. */
export const fieldTypes = {
  string: FieldType.STRING,
  number: FieldType.NUMBER,
  boolean: FieldType.BOOLEAN,
  datetime: FieldType.DATETIME,
} as const;

const ordered = [Operator.GT, Operator.GTE, Operator.LT, Operator.LTE];
const byType = {
  string: [Operator.EQ, Operator.NE, Operator.IN, Operator.EXISTS],
  number: [Operator.EQ, Operator.NE, Operator.IN, ...ordered, Operator.EXISTS],
  boolean: [Operator.EQ, Operator.NE, Operator.EXISTS],
  datetime: [Operator.EQ, Operator.NE, ...ordered, Operator.EXISTS],
} as const;

/** The operators a field accepts. */
export const operatorsOf = (field: QueryField<never>): readonly Operator[] =>
  field.operators ?? (field.quantity ? [Operator.EQ, Operator.NE, ...ordered] : byType[field.type]);
