import type { blueprintDocument } from "@k8shell/contract";
import { K8shellError } from "@k8shell/sdk";
import { k8shell } from "../app/server.ts";

/** A blueprint with its template applied. */
export type Blueprint = (typeof blueprintDocument)["_zod"]["output"];

/** What the server found wrong; `line` counts from 1 and is missing when the whole is wrong. */
export interface BlueprintProblem {
  readonly line: number | undefined;
  readonly message: string;
}

export type Composed =
  | { readonly kind: "good"; readonly blueprint: Blueprint }
  | { readonly kind: "bad"; readonly problem: BlueprintProblem };

const withLine = /^line (\d+): (.*)$/s;

/** The line that the server's words name, and the words without it. */
export const problemOf = (text: string): BlueprintProblem => {
  const [, line, message] = withLine.exec(text) ?? [];
  return line === undefined || message === undefined
    ? { line: undefined, message: text }
    : { line: Number(line), message };
};

/**
 * Has the server check the YAML of a repository's `.k8shell.yaml` and lay it over its template.
 * @throws K8shellError when it could not be checked
 */
export const compose = async (text: string, signal: AbortSignal): Promise<Composed> => {
  try {
    const blueprint = (await k8shell.blueprints.compose(text, { signal })) as Blueprint;
    return { kind: "good", blueprint };
  } catch (error) {
    if (error instanceof K8shellError && error.status === 400)
      return { kind: "bad", problem: problemOf(error.message) };
    throw error;
  }
};
