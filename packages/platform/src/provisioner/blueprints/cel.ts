import {
  type CelInput,
  type CelValue,
  celEnv,
  isCelError,
  isCelList,
  isCelMap,
  isCelUint,
  parse,
  plan,
} from "@bufbuild/cel";
import { strings } from "@bufbuild/cel/ext";
import type { BindingValue, ExpressionAnswer, ExpressionQuestion } from "./expressions.ts";
import type { Tree } from "./tree.ts";

// Expressions make much of little: everything here runs in a process of its own, see expressions.ts.

const maxSourceLength = 4096;
/** Most that the values of one blueprint may hold together: characters, and one for each value. */
const maxSize = 1024 * 1024;

/** Why an expression has no value, fit for its author. */
class Fault extends Error {
  override readonly name = "Fault";
}

const toCel = (value: BindingValue): CelInput => {
  if (typeof value !== "object") return value;
  if (Array.isArray(value)) return value;
  return new Map(Object.entries(value).map(([key, item]) => [key, toCel(item)]));
};

/** Values as JSON has them. What is shared in memory is written out here, so this is where it becomes large. */
const createWriter = () => {
  let left = maxSize;
  const spend = (size: number) => {
    left -= size;
    if (left < 0) throw new Fault("the expressions give too much");
  };
  const write = (value: CelValue): Tree => {
    spend(typeof value === "string" ? value.length + 1 : 1);
    if (value === null || typeof value === "string" || typeof value === "boolean") return value;
    if (typeof value === "number" || typeof value === "bigint") return finite(Number(value));
    if (isCelUint(value)) return finite(Number(value.value));
    if (isCelList(value)) return [...value].map(write);
    if (isCelMap(value)) {
      return Object.fromEntries(
        [...value].map(([key, item]) => {
          const name = String(key);
          spend(name.length);
          return [name, write(item)];
        }),
      );
    }
    throw new Fault("an expression must give text, a number, a boolean, a list or a map");
  };
  return write;
};

const finite = (value: number): number => {
  if (!Number.isFinite(value)) throw new Fault("an expression must give a finite number");
  return value;
};

const parsed = (source: string) => {
  if (source.length > maxSourceLength) throw new Fault("the expression is too long");
  try {
    return parse(source);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : "syntax error";
    throw new Fault(`!cel ${source}: ${reason}`);
  }
};

/** Parses expressions, and evaluates them when there are values for their names. */
export const answerTo = ({ sources, bindings }: ExpressionQuestion): ExpressionAnswer => {
  const names = Object.entries(bindings ?? {}).map(([name, value]) => [name, toCel(value)]);
  const variables: Record<string, CelInput> = Object.fromEntries(names);
  const env = celEnv({ funcs: strings });
  const write = createWriter();
  const values: Tree[] = [];
  for (const [index, source] of sources.entries()) {
    try {
      const expression = parsed(source);
      if (!bindings) continue;
      const value = plan(env, expression)(variables);
      if (isCelError(value)) throw new Fault(`!cel ${source}: ${value.message}`);
      values.push(write(value));
    } catch (error) {
      const reason = error instanceof Fault ? error.message : "an expression cannot be evaluated";
      return { fault: { index, reason } };
    }
  }
  return { values };
};
