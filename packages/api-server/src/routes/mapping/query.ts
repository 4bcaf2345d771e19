import { create } from "@bufbuild/protobuf";
import type { QueryDescriptorJson, QueryPayloadJson } from "@k8shell/contract";
import {
  type Descriptor,
  FieldType,
  FilterOp,
  Operator,
  type Payload,
  PayloadSchema,
  SortDir,
} from "@k8shell/contract/gen/query/v1/query_pb.js";
import { queryObligations } from "../obligations.ts";

type FieldJson = QueryDescriptorJson["fields"][number];

const operators = {
  eq: Operator.EQ,
  ne: Operator.NE,
  in: Operator.IN,
  gt: Operator.GT,
  gte: Operator.GTE,
  lt: Operator.LT,
  lte: Operator.LTE,
  exists: Operator.EXISTS,
} as const satisfies Record<FieldJson["operators"][number], Operator>;

const types: Readonly<Partial<Record<FieldType, FieldJson["type"]>>> = {
  [FieldType.STRING]: "string",
  [FieldType.NUMBER]: "number",
  [FieldType.BOOLEAN]: "boolean",
  [FieldType.DATETIME]: "datetime",
};

const operatorNames = (found: readonly Operator[]): FieldJson["operators"] => {
  const names: FieldJson["operators"] = [];
  for (const [name, operator] of Object.entries(operators) as Array<[keyof typeof operators, Operator]>) {
    if (found.includes(operator)) names.push(name);
  }
  return names;
};

/** rest-contract 2.14, QueryDescriptor. Types and operators that it does not know are left out. */
export const descriptorJson = ({ resource, fields, defaultSort }: Descriptor): QueryDescriptorJson => ({
  resource,
  fields: fields.flatMap(({ name, type, operators }) => {
    const word = types[type];
    return word === undefined ? [] : [{ name, type: word, operators: operatorNames(operators) }];
  }),
  ...(defaultSort.length === 0
    ? {}
    : {
        defaultSort: defaultSort.map(({ field, dir }) => ({
          field,
          dir: dir === SortDir.DESC ? ("desc" as const) : ("asc" as const),
        })),
      }),
});

const valuesOf = (value: string | string[] | undefined): string[] => {
  if (value === undefined) return [];
  return typeof value === "string" ? [value] : value;
};

/**
 * A client's query as a service gets it.
 * @param obligations of the decision: the only ones there are, whatever the client sent (grpc-behaviour section 8)
 */
export const queryInit = (
  payload: Partial<QueryPayloadJson> | undefined,
  obligations: Readonly<Record<string, string>>,
): Payload => {
  const { filters, sort, page } = payload ?? {};
  return create(PayloadSchema, {
    ...(filters
      ? {
          filters: {
            op: filters.op === "or" ? FilterOp.OR : FilterOp.AND,
            conditions: (filters.conditions ?? []).map(({ field, op, value }) => ({
              field,
              op: operators[op],
              values: valuesOf(value),
            })),
          },
        }
      : {}),
    sort: (sort ?? []).map(({ field, dir }) => ({ field, dir: dir === "desc" ? SortDir.DESC : SortDir.ASC })),
    ...(page ? { page: { limit: page.limit ?? 0, offset: page.offset ?? 0 } } : {}),
    obligations: queryObligations(obligations),
  });
};
