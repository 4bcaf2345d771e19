import { Operator } from "@k8shell/contract/gen/query/v1/query_pb.js";
import type { DateTimeRange } from "./datetime.ts";
import type { FieldValue, QueryField } from "./fields.ts";
import { matchesGlob } from "./glob.ts";
import type { Operand, ParsedCondition, ParsedSort } from "./parse.ts";

type Scalar = string | number | boolean;

const scalarsOf = <Item>(field: QueryField<Item>, value: FieldValue): readonly Scalar[] => {
  if (value === undefined || value === "") return [];
  if (value instanceof Date) return [value.getTime()];
  if (typeof value === "bigint") return [Number(value)];
  const list: readonly Scalar[] = typeof value === "object" ? value : [value];
  if (!field.quantity) return list;
  return list.map((text) => field.quantity?.(String(text))).filter((quantity) => quantity !== undefined);
};

const isRange = (operand: Operand): operand is DateTimeRange => typeof operand === "object";

const equals = (scalar: Scalar, operand: Operand): boolean => {
  if (isRange(operand)) return Number(scalar) >= operand.from && Number(scalar) < operand.until;
  return typeof operand === "string" ? matchesGlob(operand, String(scalar)) : scalar === operand;
};

const oneOf = (scalar: Scalar, operands: readonly Operand[]): boolean =>
  operands.some((operand) =>
    typeof operand === "string"
      ? String(scalar).toLowerCase() === operand.toLowerCase()
      : equals(scalar, operand),
  );

const compares = (operator: Operator, scalar: Scalar, operand: Operand): boolean => {
  const left = Number(scalar);
  const right = isRange(operand) ? operand.from : Number(operand);
  // After a day means after its end; the other bounds are the day's beginning.
  const end = isRange(operand) ? operand.until - 1 : right;
  if (operator === Operator.GT) return left > end;
  if (operator === Operator.GTE) return left >= right;
  if (operator === Operator.LT) return left < right;
  return left <= end;
};

/** Whether an item satisfies one condition. `NE` holds for an item without the field. */
export const satisfies = <Item>(
  item: Item,
  { field, operator, operands }: ParsedCondition<Item>,
): boolean => {
  const scalars = scalarsOf(field, field.value(item));
  const [operand] = operands;
  if (operand === undefined) return false;
  switch (operator) {
    case Operator.EXISTS:
      return scalars.length > 0 === operand;
    case Operator.EQ:
      return scalars.some((scalar) => equals(scalar, operand)) || (operand === "" && scalars.length === 0);
    case Operator.NE:
      return !scalars.some((scalar) => equals(scalar, operand)) && !(operand === "" && scalars.length === 0);
    case Operator.IN:
      return scalars.some((scalar) => oneOf(scalar, operands));
    default:
      return scalars.some((scalar) => compares(operator, scalar, operand));
  }
};

const sortKey = <Item>(field: QueryField<Item>, item: Item): Scalar | undefined => {
  const scalars = scalarsOf(field, field.value(item));
  if (scalars.length > 1) return scalars.map(String).join(",").toLowerCase();
  const [scalar] = scalars;
  return typeof scalar === "string" ? scalar.toLowerCase() : scalar;
};

/** Orders two items by the sort list. Items without the field come last in both directions. */
export const compareBy =
  <Item>(sort: readonly ParsedSort<Item>[]) =>
  (left: Item, right: Item): number => {
    for (const { field, descending } of sort) {
      const a = sortKey(field, left);
      const b = sortKey(field, right);
      if (a === b) continue;
      if (a === undefined) return 1;
      if (b === undefined) return -1;
      return a < b === descending ? 1 : -1;
    }
    return 0;
  };
