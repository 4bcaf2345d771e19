import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type Descriptor,
  DescriptorSchema,
  type Payload,
  PayloadSchema,
  SortDir,
} from "@k8shell/contract/gen/query/v1/query_pb.js";
import { Code, RpcError } from "@k8shell/rpc";
import { fieldTypes, operatorsOf, type QueryField } from "./fields.ts";
import { compareBy, satisfies } from "./match.ts";
import { type ParsedQuery, parseQuery } from "./parse.ts";

export interface QueryEngineOptions<Item> {
  /** Name of the resource in the descriptor, e.g. `users`. */
  readonly resource: string;
  readonly fields: readonly QueryField<Item>[];
  /** Field names; a leading `-` means descending. They also break the ties of a requested sort. */
  readonly defaultSort: readonly string[];
  /**
   * How a page limit is read. `defaultLimit`: used when none (or <= 0) is asked for; absent: everything.
   * `maxLimit`: the most that may be asked for; absent: no cap. Identity uses 50 and 100.
   */
  readonly page?: { readonly defaultLimit?: number; readonly maxLimit?: number };
  /**
   * The obligations of a policy decision this resource can enforce: whether an item may be seen given the
   * permitted values. An obligation not listed here refuses the query rather than being ignored.
   */
  readonly obligations?: Readonly<Record<string, (item: Item, values: readonly string[]) => boolean>>;
  /** Milliseconds since the epoch; default Date.now. */
  readonly now?: () => number;
}

export interface QueryEngine<Item> {
  /** The message answered by `Get…QuerySchema`. */
  readonly descriptor: Descriptor;
  /**
   * Filters, sorts and pages a list in memory.
   * @throws RpcError InvalidArgument, or PermissionDenied for an obligation that cannot be enforced
   */
  apply(items: Iterable<Item>, payload?: PayloadInit): Item[];
  /** The checked query, for callers that translate it to SQL (see `sql.ts`). Same errors as `apply`. */
  parse(payload?: PayloadInit): ParsedQuery<Item>;
}

type PayloadInit = MessageInitShape<typeof PayloadSchema>;

const asPayload = (payload: PayloadInit | undefined): Payload | undefined =>
  payload === undefined ? undefined : create(PayloadSchema, payload);

/** Makes the query engine of one resource (grpc-behaviour section 6 "Lists and queries"). */
export const createQueryEngine = <Item>(options: QueryEngineOptions<Item>): QueryEngine<Item> => {
  const fields = new Map(options.fields.map((field) => [field.name, field]));
  const obligations = new Map(Object.entries(options.obligations ?? {}));
  const defaultSort = options.defaultSort.map((entry) => {
    const descending = entry.startsWith("-");
    const field = fields.get(descending ? entry.slice(1) : entry);
    if (!field) throw new Error(`default sort of ${options.resource} names no field: ${entry}`);
    return { field, descending };
  });
  const descriptor = create(DescriptorSchema, {
    resource: options.resource,
    fields: options.fields.map((field) => ({
      name: field.name,
      type: fieldTypes[field.type],
      operators: [...operatorsOf(field)],
    })),
    defaultSort: defaultSort.map(({ field, descending }) => ({
      field: field.name,
      dir: descending ? SortDir.DESC : SortDir.ASC,
    })),
  });

  const parse: QueryEngine<Item>["parse"] = (payload) => {
    const query = parseQuery(asPayload(payload), {
      fields,
      defaultSort,
      page: options.page ?? {},
      now: (options.now ?? Date.now)(),
    });
    for (const name of query.obligations.keys())
      if (!obligations.has(name))
        throw new RpcError(
          Code.PermissionDenied,
          `obligation ${name} cannot be enforced on ${options.resource}`,
        );
    return query;
  };

  const select = (items: Iterable<Item>, query: ParsedQuery<Item>): Item[] => {
    const restrictions = [...query.obligations].map(([name, values]) => ({
      may: obligations.get(name),
      values,
    }));
    const matches = (item: Item): boolean => {
      if (!restrictions.every(({ may, values }) => may?.(item, values) === true)) return false;
      if (query.conditions.length === 0) return true;
      return query.any
        ? query.conditions.some((condition) => satisfies(item, condition))
        : query.conditions.every((condition) => satisfies(item, condition));
    };
    return [...items].filter(matches).sort(compareBy(query.sort));
  };

  return {
    descriptor,
    parse,
    apply(items, payload) {
      const query = parse(payload);
      const end = query.limit === undefined ? undefined : query.offset + query.limit;
      return select(items, query).slice(query.offset, end);
    },
  };
};
