import type { RequestOptions, Transport } from "./transport.ts";

export interface ComposeOptions extends RequestOptions {
  /** For this user; default: the caller. */
  readonly username?: string;
}

/** A blueprint with its template applied, as JSON; docs/workspaces.md describes its fields. */
export type ComposedBlueprint = Readonly<Record<string, unknown>>;

export interface Blueprints {
  /**
   * Checks the text of a repository's `.k8shell.yaml` and shows what it comes to.
   * @throws K8shellError with status 400 that names the line, when something is wrong with it
   */
  compose(yaml: string, options?: ComposeOptions): Promise<ComposedBlueprint>;
}

export const createBlueprints = (transport: Transport): Blueprints => ({
  async compose(yaml, { username, ...options } = {}) {
    const whose = username === undefined ? "me" : `users/${encodeURIComponent(username)}`;
    const response = await transport.send({
      ...options,
      method: "POST",
      path: `/api/v1/${whose}/blueprints/compose`,
      headers: { "content-type": "text/yaml" },
      body: yaml,
      // It changes nothing.
      repeatable: true,
    });
    return (await response.json()) as ComposedBlueprint;
  },
});
