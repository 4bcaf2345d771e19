import { type Blueprint, routes } from "@k8shell/contract";
import { ApiError } from "../http/api-error.ts";
import { mediaTypeOf, readBody } from "../http/body.ts";
import { type BoundRoute, json } from "../http/handler.ts";
import { bindBoth, targetUser } from "./both.ts";

export interface BlueprintComposeRoutesDeps {
  /** Composes YAML for a user. @throws RpcError InvalidArgument with the line of what is wrong */
  readonly composeBlueprint: (username: string, text: string) => Promise<Blueprint>;
}

/** Bytes, and milliseconds for a client to send them. */
const limits = { maxBytes: 64 * 1024, timeoutMs: 10_000 };
const types = ["text/yaml", "application/yaml", "application/x-yaml", "text/x-yaml", "text/plain", ""];

const decode = (bytes: Buffer): string => {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ApiError("invalid_body", "The request body is not UTF-8.", { cause });
  }
};

/** With the names that clients find in an object beside its key (rest-contract 2.10). */
const blueprintJson = (blueprint: Blueprint): Blueprint => ({
  ...blueprint,
  metadata: { name: blueprint.name, ...blueprint.metadata },
  apps: Object.fromEntries(Object.entries(blueprint.apps).map(([name, app]) => [name, { ...app, name }])),
});

/** Checks of blueprints before they are used (rest-contract 1.2, `kbox validate`). */
export const blueprintComposeRoutes = ({ composeBlueprint }: BlueprintComposeRoutesDeps): BoundRoute[] =>
  bindBoth(routes.composeUserBlueprint, routes.composeMyBlueprint, async (context) => {
    const { raw } = context.request;
    const type = mediaTypeOf(raw);
    if (!types.includes(type)) {
      throw new ApiError(
        "unsupported_media_type",
        `Send the blueprint as text/yaml, not ${type.slice(0, 80)}.`,
      );
    }
    context.acceptBody();
    const text = decode(await readBody(raw, limits));
    return json(200, blueprintJson(await composeBlueprint(targetUser(context), text)));
  });
