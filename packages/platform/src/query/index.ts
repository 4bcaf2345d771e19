export { type DateTimeRange, parseDateTime } from "./datetime.ts";
export { createQueryEngine, type QueryEngine, type QueryEngineOptions } from "./engine.ts";
export type { FieldValue, QueryField } from "./fields.ts";
export { matchesGlob } from "./glob.ts";
export type { Operand, ParsedCondition, ParsedQuery, ParsedSort } from "./parse.ts";
export { type SqlColumns, type SqlQuery, toSql } from "./sql.ts";
