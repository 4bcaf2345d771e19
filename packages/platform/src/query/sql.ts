import { Operator } from "@k8shell/contract/gen/query/v1/query_pb.js";
import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { Operand, ParsedCondition, ParsedQuery } from "./parse.ts";

/**
 * A scalar column for a field, e.g. ``sql.ref("started_at")``. Datetime columns hold epoch milliseconds; wrap others
 * in an expression that does. Boolean columns hold 0 or 1.
 */
export type SqlColumns = Readonly<Record<string, RawBuilder<unknown>>>;

/** A parsed query as SQL fragments that SQLite and PostgreSQL both accept. */
export interface SqlQuery {
  readonly where: RawBuilder<SqlBool>;
  /** Comma-separated order terms, for ``order by ${orderBy}``. */
  readonly orderBy: RawBuilder<unknown>;
  readonly limit: number | undefined;
  readonly offset: number;
}

const likePattern = (glob: string): string =>
  glob.toLowerCase().replace(/[\\%_*?]/g, (char) => ({ "*": "%", "?": "_" })[char] ?? `\\${char}`);

const comparators: Partial<Record<Operator, RawBuilder<unknown>>> = {
  [Operator.GT]: sql`>`,
  [Operator.GTE]: sql`>=`,
  [Operator.LT]: sql`<`,
  [Operator.LTE]: sql`<=`,
};

/** With its type: PostgreSQL would take a number for the type of the column, which it need not fit. */
const numberSql = (value: number): RawBuilder<unknown> =>
  Number.isSafeInteger(value) ? sql`cast(${value} as bigint)` : sql`cast(${value} as double precision)`;

const equal = (column: RawBuilder<unknown>, operand: Operand): RawBuilder<SqlBool> => {
  if (operand === "") return sql`(${column} is null or ${column} = '')`;
  if (typeof operand === "string") return sql`lower(${column}) like ${likePattern(operand)} escape '\\'`;
  if (typeof operand === "object")
    return sql`(${column} >= ${operand.from} and ${column} < ${operand.until})`;
  return sql`${column} = ${numberSql(Number(operand))}`;
};

const conditionSql = <Item>(
  { field, operator, operands }: ParsedCondition<Item>,
  columns: SqlColumns,
): RawBuilder<SqlBool> => {
  const column = columns[field.name];
  if (!column) throw new Error(`no column for query field ${field.name}`);
  const [operand = ""] = operands;
  const present =
    field.type === "string"
      ? sql<SqlBool>`(${column} is not null and ${column} <> '')`
      : sql<SqlBool>`${column} is not null`;
  switch (operator) {
    case Operator.EXISTS:
      return operand === true ? present : sql`not ${present}`;
    case Operator.EQ:
      return equal(column, operand);
    case Operator.NE:
      return operand === "" ? present : sql`(${column} is null or not (${equal(column, operand)}))`;
    case Operator.IN:
      return field.type === "string"
        ? sql`lower(${column}) in (${sql.join(operands.map((value) => String(value).toLowerCase()))})`
        : sql`(${sql.join(
            operands.map((value) => equal(column, value)),
            sql` or `,
          )})`;
    default: {
      const range = typeof operand === "object" ? operand : undefined;
      const upper = operator === Operator.GT || operator === Operator.LTE;
      const bound = range ? (upper ? range.until - 1 : range.from) : Number(operand);
      return sql`${column} ${comparators[operator] ?? sql`=`} ${numberSql(bound)}`;
    }
  }
};

/**
 * Translates a parsed query for a list that lives in a table. Obligations are not translated: the caller adds them
 * from `query.obligations`, because they often reach beyond one table.
 * @param columns one entry per field of the engine; fields with `quantity` cannot be translated
 */
export const toSql = <Item>(query: ParsedQuery<Item>, columns: SqlColumns): SqlQuery => {
  const conditions = query.conditions.map((condition) => conditionSql(condition, columns));
  const order = query.sort.map(({ field, descending }) => {
    const column = columns[field.name];
    if (!column) throw new Error(`no column for query field ${field.name}`);
    const key = field.type === "string" ? sql`lower(${column})` : column;
    return sql`${key} ${descending ? sql`desc` : sql`asc`} nulls last`;
  });
  return {
    where:
      conditions.length === 0
        ? sql<SqlBool>`1 = 1`
        : sql<SqlBool>`(${sql.join(conditions, query.any ? sql` or ` : sql` and `)})`,
    orderBy: order.length === 0 ? sql`1` : sql.join(order),
    limit: query.limit,
    offset: query.offset,
  };
};
