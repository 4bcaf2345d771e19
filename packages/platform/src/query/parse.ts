import {
  type Condition,
  FilterOp,
  Operator,
  type Payload,
  SortDir,
} from "@k8shell/contract/gen/query/v1/query_pb.js";
import { Code, RpcError } from "@k8shell/rpc";
import { type DateTimeRange, parseDateTime } from "./datetime.ts";
import { operatorsOf, type QueryField } from "./fields.ts";

const maxConditions = 64;
const maxValues = 256;
const maxValueLength = 1024;
const maxSorts = 8;

/** A checked operand: text stays text (eq and ne may hold a glob), the rest is typed. */
export type Operand = string | number | boolean | DateTimeRange;

export interface ParsedCondition<Item> {
  readonly field: QueryField<Item>;
  /** For EXISTS the only operand is a boolean. */
  readonly operator: Operator;
  readonly operands: readonly Operand[];
}

export interface ParsedSort<Item> {
  readonly field: QueryField<Item>;
  readonly descending: boolean;
}

/** A payload whose every name, operator and value has been checked against the field table. */
export interface ParsedQuery<Item> {
  readonly any: boolean;
  readonly conditions: readonly ParsedCondition<Item>[];
  readonly sort: readonly ParsedSort<Item>[];
  /** Items to return; undefined: all. */
  readonly limit: number | undefined;
  readonly offset: number;
  /** Restrictions that must ALL hold besides the filters: name -> permitted values. */
  readonly obligations: ReadonlyMap<string, readonly string[]>;
}

export interface ParseOptions<Item> {
  readonly fields: ReadonlyMap<string, QueryField<Item>>;
  readonly defaultSort: readonly ParsedSort<Item>[];
  readonly page: { readonly defaultLimit?: number; readonly maxLimit?: number };
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const invalid = (message: string): RpcError => new RpcError(Code.InvalidArgument, message);

/** Client text shown back in an error: short and printable. */
const shown = (text: string): string => JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text);

const operandOf = <Item>(field: QueryField<Item>, text: string, now: number): Operand => {
  const fail = () =>
    invalid(`invalid ${field.quantity ? "quantity" : field.type} ${shown(text)} for ${field.name}`);
  if (text.length > maxValueLength) throw invalid(`value for ${field.name} is too long`);
  if (field.quantity) {
    const quantity = field.quantity(text);
    if (quantity === undefined || !Number.isFinite(quantity)) throw fail();
    return quantity;
  }
  switch (field.type) {
    case "string":
      return text;
    case "number": {
      const number = text.trim() === "" ? Number.NaN : Number(text);
      if (!Number.isFinite(number)) throw fail();
      return number;
    }
    case "boolean":
      if (text !== "true" && text !== "false") throw fail();
      return text === "true";
    case "datetime": {
      const range = parseDateTime(text, now);
      if (!range) throw fail();
      return range;
    }
  }
};

const conditionOf = <Item>(condition: Condition, options: ParseOptions<Item>): ParsedCondition<Item> => {
  const field = options.fields.get(condition.field);
  if (!field) throw invalid(`unknown field ${shown(condition.field)}`);
  const { op, values } = condition;
  if (!operatorsOf(field).includes(op))
    throw invalid(`operator ${Operator[op] ?? op} does not apply to ${field.name}`);
  if (op === Operator.EXISTS) {
    const [value = "true"] = values;
    if (values.length > 1 || (value !== "true" && value !== "false"))
      throw invalid(`EXISTS on ${field.name} takes at most one value, true or false`);
    return { field, operator: op, operands: [value === "true"] };
  }
  if (op === Operator.IN ? values.length === 0 : values.length !== 1)
    throw invalid(
      `${Operator[op]} on ${field.name} takes ${op === Operator.IN ? "at least" : "exactly"} one value`,
    );
  if (values.length > maxValues) throw invalid(`too many values for ${field.name}`);
  return { field, operator: op, operands: values.map((value) => operandOf(field, value, options.now)) };
};

const limitOf = (limit: number, page: ParseOptions<never>["page"]): number | undefined => {
  if (limit <= 0) return page.defaultLimit;
  return page.maxLimit === undefined ? limit : Math.min(limit, page.maxLimit);
};

/** The values of one obligation: a JSON array of strings, or one bare string (grpc-behaviour section 8). */
export const obligationValues = (text: string): readonly string[] => {
  if (!text.trimStart().startsWith("[")) return [text];
  try {
    const values: unknown = JSON.parse(text);
    if (Array.isArray(values) && values.every((value) => typeof value === "string")) return values;
  } catch {
    // Falls through to the refusal: a restriction that cannot be read must not be dropped.
  }
  throw new RpcError(Code.PermissionDenied, "an obligation of the policy decision cannot be read");
};

/**
 * Checks a query payload against a field table (grpc-behaviour section 6 "Lists and queries").
 * @throws RpcError InvalidArgument naming the offending part; PermissionDenied for an unreadable obligation
 */
export const parseQuery = <Item>(
  payload: Payload | undefined,
  options: ParseOptions<Item>,
): ParsedQuery<Item> => {
  const conditions = payload?.filters?.conditions ?? [];
  const sort = payload?.sort ?? [];
  if (conditions.length > maxConditions) throw invalid("too many conditions");
  if (sort.length > maxSorts) throw invalid("too many sort fields");
  const chosen = sort.map(({ field: name, dir }) => {
    const field = options.fields.get(name);
    if (!field) throw invalid(`unknown sort field ${shown(name)}`);
    return { field, descending: dir === SortDir.DESC };
  });
  return {
    any: payload?.filters?.op === FilterOp.OR,
    conditions: conditions.map((condition) => conditionOf(condition, options)),
    sort: [...chosen, ...options.defaultSort],
    limit: limitOf(payload?.page?.limit ?? 0, options.page),
    offset: Math.max(0, payload?.page?.offset ?? 0),
    obligations: new Map(
      Object.entries(payload?.obligations ?? {}).map(([name, text]) => [name, obligationValues(text)]),
    ),
  };
};
