import {
  checkParsePolicySet,
  type DetailedError,
  policySetTextToParts,
  policyToJson,
  validate,
} from "@cedar-policy/cedar-wasm/nodejs";
import { type ObligationSource, type ObligationTemplate, parseTemplate } from "./obligations.ts";

/** One file of policies. `name` is the file's base name. */
export interface PolicyFile {
  readonly name: string;
  readonly text: string;
}

/** A policy's own words, beside what Cedar evaluates. */
export interface PolicyInfo extends ObligationSource {
  readonly effect: "permit" | "forbid";
  /** For people: why the request was granted or refused. */
  readonly reason: string | undefined;
}

export interface PolicySet {
  /** Policy text by id, as Cedar takes it. */
  readonly texts: Readonly<Record<string, string>>;
  readonly infos: ReadonlyMap<string, PolicyInfo>;
}

/** A policy file that cannot be used, and where the fault is. */
export class PolicyError extends Error {
  override readonly name = "PolicyError";
  readonly file: string;
  readonly line: number;
  readonly reason: string;

  constructor(file: string, line: number, reason: string, options?: { cause?: unknown }) {
    super(`${file}:${line}: ${reason}`, options);
    this.file = file;
    this.line = line;
    this.reason = reason;
  }
}

/** Line of a byte offset (Cedar counts bytes), from 1. */
const lineOf = (text: string, offset: number): number =>
  Buffer.from(text).subarray(0, offset).toString().split("\n").length;

const explain = ({ message, help, sourceLocations }: DetailedError): string => {
  const label = sourceLocations?.[0]?.label;
  return [message.replace(/^for policy `[^`]*`, /, ""), label, help].filter(Boolean).join("; ");
};

const fault = (file: PolicyFile, error: DetailedError | undefined): PolicyError =>
  new PolicyError(
    file.name,
    lineOf(file.text, error?.sourceLocations?.[0]?.start ?? 0),
    error ? explain(error) : "cannot be read",
  );

const checkFile = (file: PolicyFile, schema: string): void => {
  const policies = { staticPolicies: file.text };
  const parsed = checkParsePolicySet(policies);
  if (parsed.type === "failure") throw fault(file, parsed.errors[0]);
  const answer = validate({ schema, policies });
  if (answer.type === "failure") throw fault(file, answer.errors[0]);
  const [invalid] = answer.validationErrors;
  if (invalid) throw fault(file, invalid.error);
  // A policy that can never apply is a mistake that would otherwise go unnoticed.
  const impossible = answer.validationWarnings.find(({ error }) => error.message.includes("impossible"));
  if (impossible) throw fault(file, impossible.error);
};

const readObligations = (annotations: Readonly<Record<string, string>>): Map<string, ObligationTemplate> => {
  const obligations = new Map<string, ObligationTemplate>();
  const add = (name: string, value: string) => {
    if (obligations.has(name)) throw new Error(`obligation ${name} is given twice`);
    obligations.set(name, parseTemplate(value));
  };
  for (const [annotation, value] of Object.entries(annotations)) {
    if (annotation.startsWith("obligation_")) add(annotation.slice("obligation_".length), value);
  }
  if (annotations.obligations !== undefined) {
    const more: unknown = JSON.parse(annotations.obligations);
    if (typeof more !== "object" || more === null || Array.isArray(more)) {
      throw new Error("@obligations must be a JSON object of strings");
    }
    for (const [name, value] of Object.entries(more)) {
      if (typeof value !== "string") throw new Error("@obligations must be a JSON object of strings");
      add(name, value);
    }
  }
  return obligations;
};

const knownAnnotation = /^(id|rank|reason|obligations|obligation_[A-Za-z0-9_]+)$/;

const readInfo = (
  effect: "permit" | "forbid",
  annotations: Readonly<Record<string, string>>,
  fallbackId: string,
): PolicyInfo => {
  const unknown = Object.keys(annotations).find((name) => !knownAnnotation.test(name));
  if (unknown !== undefined) throw new Error(`unknown annotation @${unknown}`);
  const { id = fallbackId, rank = "0", reason } = annotations;
  if (id === "") throw new Error("@id must not be empty");
  if (!/^\d{1,6}$/.test(rank)) throw new Error("@rank must be a whole number from 0");
  const obligations = readObligations(annotations);
  if (effect === "forbid" && obligations.size > 0)
    throw new Error("a forbid policy cannot carry obligations");
  return { id, rank: Number(rank), reason, effect, obligations };
};

/** The file's policies, each with its text. */
const readPolicies = (file: PolicyFile): Array<{ text: string; line: number; info: PolicyInfo }> => {
  const parts = policySetTextToParts(file.text);
  if (parts.type === "failure") throw fault(file, parts.errors[0]);
  const [template] = parts.policy_templates;
  const lineIn = (text: string) =>
    file.text.slice(0, Math.max(0, file.text.indexOf(text))).split("\n").length;
  if (template !== undefined) {
    throw new PolicyError(file.name, lineIn(template), "templates (?principal, ?resource) cannot be used");
  }
  return parts.policies.map((text) => {
    const line = lineIn(text);
    const json = policyToJson(text);
    if (json.type === "failure")
      throw new PolicyError(file.name, line, json.errors[0]?.message ?? "unreadable");
    try {
      const info = readInfo(json.json.effect, json.json.annotations ?? {}, `${file.name}:${line}`);
      return { text, line, info };
    } catch (error) {
      throw new PolicyError(file.name, line, error instanceof Error ? error.message : "unreadable", {
        cause: error,
      });
    }
  });
};

/**
 * Checks policy files against the schema and puts them together.
 * @param schema Cedar schema text
 * @throws PolicyError for the first fault
 */
export const compilePolicies = (files: readonly PolicyFile[], schema: string): PolicySet => {
  const texts: Record<string, string> = Object.create(null);
  const infos = new Map<string, PolicyInfo>();
  for (const file of files) {
    checkFile(file, schema);
    for (const { text, line, info } of readPolicies(file)) {
      if (infos.has(info.id)) throw new PolicyError(file.name, line, `another policy has the id ${info.id}`);
      infos.set(info.id, info);
      texts[info.id] = text;
    }
  }
  return { texts: { ...texts }, infos };
};
