/**
 * Obligations come out of policy text: `@obligation_username("${principal.username}")`. A value in the form of a JSON
 * array is an array of strings, in which `"${organization.roles}"` as a whole element stands for several.
 */

/** What a placeholder may name, with its values at hand when a decision is made. */
export interface Variables {
  readonly text: Readonly<Record<string, string | undefined>>;
  /** Role names of the caller's organization, looked up only when a policy asks for them. */
  readonly organizationRoles: () => Promise<readonly string[]>;
}

/** A parsed value: text pieces alternate with variable names, starting with text. */
type Pieces = readonly string[];

export type ObligationTemplate =
  | { readonly kind: "text"; readonly pieces: Pieces }
  | { readonly kind: "array"; readonly elements: readonly Pieces[] };

const listVariable = "organization.roles";
const knownVariable =
  /^(principal\.(username|org|idp)|resource\.(id|owner|org|app|blueprint|idp)|context\.[a-z_]+|organization\.roles)$/;

const splitText = (text: string): Pieces => {
  const pieces = text.split(/\$\{([^}]*)\}/);
  const unknown = pieces.find((piece, index) => index % 2 === 1 && !knownVariable.test(piece));
  if (unknown !== undefined) throw new Error(`unknown placeholder \${${unknown}}`);
  return pieces;
};

const isWhole = (pieces: Pieces, name: string): boolean =>
  pieces.length === 3 && pieces[0] === "" && pieces[1] === name && pieces[2] === "";

const asArray = (text: string): string[] => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new Error("an obligation that starts with [ must be a JSON array of strings", { cause: error });
  }
  const strings = Array.isArray(parsed) ? parsed.filter((element) => typeof element === "string") : [];
  if (!Array.isArray(parsed) || strings.length !== parsed.length) {
    throw new Error("an obligation that starts with [ must be a JSON array of strings");
  }
  return strings;
};

/** @throws Error saying what is wrong with the text */
export const parseTemplate = (text: string): ObligationTemplate => {
  if (!text.startsWith("[")) {
    const pieces = splitText(text);
    if (pieces.includes(listVariable)) throw new Error(`\${${listVariable}} may only stand in a JSON array`);
    return { kind: "text", pieces };
  }
  const elements = asArray(text).map(splitText);
  if (elements.some((pieces) => pieces.includes(listVariable) && !isWhole(pieces, listVariable))) {
    throw new Error(`\${${listVariable}} must be a whole element`);
  }
  return { kind: "array", elements };
};

/** An empty value must not turn "only your organization" into "everything": it is an error. */
const fill = (pieces: Pieces, { text }: Variables): string =>
  pieces
    .map((piece, index) => {
      if (index % 2 === 0) return piece;
      const value = text[piece];
      if (value === undefined || value === "") throw new Error(`\${${piece}} has no value`);
      return value;
    })
    .join("");

/** @throws Error when a placeholder has no value */
export const renderTemplate = async (template: ObligationTemplate, variables: Variables): Promise<string> => {
  if (template.kind === "text") return fill(template.pieces, variables);
  const values: string[] = [];
  for (const pieces of template.elements) {
    if (isWhole(pieces, listVariable)) values.push(...(await variables.organizationRoles()));
    else values.push(fill(pieces, variables));
  }
  return JSON.stringify(values);
};

/** A policy as far as its obligations go. */
export interface ObligationSource {
  readonly id: string;
  readonly rank: number;
  readonly obligations: ReadonlyMap<string, ObligationTemplate>;
}

/** Of the policies that permit a request, those whose obligations count: the ones of the highest rank. */
export const highestRank = <P extends ObligationSource>(policies: readonly P[]): P[] => {
  const rank = Math.max(...policies.map((policy) => policy.rank));
  return policies.filter((policy) => policy.rank === rank);
};

/**
 * The obligations of a permitted request.
 * @param policies the permitting policies of the highest rank
 * @throws Error when a value cannot be computed or two policies of one rank disagree
 */
export const collectObligations = async (
  policies: readonly ObligationSource[],
  variables: Variables,
): Promise<Record<string, string>> => {
  const collected: Record<string, string> = {};
  for (const policy of policies) {
    for (const [name, template] of policy.obligations) {
      const value = await renderTemplate(template, variables);
      if (Object.hasOwn(collected, name) && collected[name] !== value) {
        throw new Error(`policies of one rank disagree about obligation ${name} (one is ${policy.id})`);
      }
      collected[name] = value;
    }
  }
  return collected;
};
