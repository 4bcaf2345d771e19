import {
  type ActionPermission,
  actions,
  routes,
  type ServiceName,
  type userCredentialUpdateRequest,
} from "@k8shell/contract";
import type { UserCredential } from "@k8shell/contract/gen/common/v1/common_pb.js";
import { Code, RpcError } from "@k8shell/rpc";
import type { output } from "zod";
import type { Backends } from "../backends/backends.ts";
import { ApiError } from "../http/api-error.ts";
import { type BoundRoute, json, noContent, type RequestContext } from "../http/handler.ts";
import { bindBoth, targetUser } from "./both.ts";
import { credentialJson, credentialWithSecretJson } from "./mapping/credential.ts";

export interface CredentialRoutesDeps {
  readonly backends: Backends;
}

type CredentialUpdate = output<typeof userCredentialUpdateRequest>;

const serviceNames = ["kubernetes", "git", "registry"] as const satisfies readonly ServiceName[];

const serviceOf = ({ serviceName }: UserCredential): ServiceName | undefined =>
  serviceNames.find((name) => name === serviceName);

const isDenied = (error: unknown): error is ApiError => error instanceof ApiError && error.status === 403;

/** Getting a secret from where it is kept failed: 502 (rest-contract 1.1, row 9). */
const resolverError = (error: unknown): unknown => {
  if (!(error instanceof RpcError)) return error;
  const because = (reason: string) =>
    new ApiError("bad_gateway", `The secret of the credential could not be obtained${reason}.`, {
      cause: error,
    });
  if (error.code === Code.Internal || error.code === Code.Unknown) return because("");
  // There is nowhere to get it from, e.g. no cluster: nothing the caller could change about the request.
  if (error.code === Code.FailedPrecondition)
    return because(error.message && `: ${error.message.slice(0, 300)}`);
  return error;
};

/** Credentials of a user (rest-contract 1.1, rows 8, 9, 14, 15, and 1.2). */
export const credentialRoutes = ({ backends: { identity } }: CredentialRoutesDeps): BoundRoute[] => {
  type Authorize = RequestContext["authorize"];

  /** The kinds that the caller may see or change. @throws ApiError forbidden when there are none */
  const allowedKinds = async (
    authorize: Authorize,
    wanted: Readonly<Record<ServiceName, ActionPermission>>,
    username: string,
  ): Promise<ServiceName[]> => {
    const allowed: ServiceName[] = [];
    let denial: ApiError | undefined;
    for (const name of serviceNames) {
      try {
        await authorize(wanted[name], { type: "user", id: username });
        allowed.push(name);
      } catch (error) {
        if (!isDenied(error)) throw error;
        denial ??= error;
      }
    }
    if (allowed.length === 0 && denial) throw denial;
    return allowed;
  };

  const list = async (username: string, id = 0): Promise<UserCredential[]> => {
    const { credentials } = await identity.listUserCredentials({ username, id });
    return credentials.filter((found) => found.username === username && (id === 0 || found.id === id));
  };

  /**
   * The credential with an id, if it belongs to the user and the caller may change it: Identity itself would change
   * anybody's (grpc-behaviour section 6, "Credentials"). Who may change none learns nothing about what is there.
   */
  const changeable = async (authorize: Authorize, username: string, id: number): Promise<UserCredential> => {
    const [found] = await list(username, id);
    const service = found && serviceOf(found);
    if (!found || !service) {
      await allowedKinds(authorize, actions.writeCredentials, username);
      throw new ApiError("not_found", "There is no such credential.");
    }
    await authorize(actions.writeCredentials[service], { type: "user", id: username });
    return found;
  };

  /** The scope of the one active credential of a kind, for clients that name none. */
  const onlyScope = async (username: string, service: ServiceName): Promise<string> => {
    const active = (await list(username)).filter((found) => found.serviceName === service && found.isActive);
    const [only, ...others] = active;
    if (!only) throw new ApiError("not_found", `There is no ${service} credential.`);
    if (others.length > 0)
      throw new ApiError("invalid_parameter", "Say which one with the query parameter scope.");
    return only.serviceScope;
  };

  const saved = (status: number, credential: UserCredential | undefined) => {
    if (!credential) throw new ApiError("bad_gateway", "Identity gave no valid answer.");
    return json(status, credentialJson(credential));
  };

  const update = async (authorize: Authorize, username: string, wanted: number, change: CredentialUpdate) => {
    const { id } = await changeable(authorize, username, wanted);
    const { scope, subject, secret, active } = change;
    const { credential } = await identity.updateUserCredential({ id, scope, subject, secret, active });
    return saved(200, credential);
  };

  const remove = async (authorize: Authorize, username: string, wanted: number) => {
    const { id } = await changeable(authorize, username, wanted);
    await identity.removeUserCredential({ username, id });
    return noContent();
  };

  return [
    ...bindBoth(routes.listUserCredentials, routes.listMyCredentials, async (context) => {
      const username = targetUser(context);
      const allowed = await allowedKinds(context.authorize, actions.readCredentials, username);
      const found = await list(username, context.query.id);
      return json(
        200,
        found
          .filter((credential) => {
            const service = serviceOf(credential);
            return service !== undefined && allowed.includes(service);
          })
          .map(credentialJson),
      );
    }),

    ...bindBoth(routes.getUserCredential, routes.getMyCredential, async (context) => {
      const username = targetUser(context);
      const { name } = context.params;
      const serviceScope = context.query.scope || (await onlyScope(username, name));
      try {
        const found = await identity.getUserCredential({ username, serviceName: name, serviceScope });
        return json(200, credentialWithSecretJson(found));
      } catch (error) {
        throw resolverError(error);
      }
    }),

    ...bindBoth(routes.updateUserCredential, routes.updateMyCredential, (context) =>
      update(context.authorize, targetUser(context), context.query.id, context.body),
    ),
    ...bindBoth(routes.updateUserCredentialById, routes.updateMyCredentialById, (context) =>
      update(context.authorize, targetUser(context), context.params.name, context.body),
    ),

    ...bindBoth(routes.deleteUserCredential, routes.deleteMyCredential, (context) =>
      remove(context.authorize, targetUser(context), context.query.id),
    ),
    ...bindBoth(routes.deleteUserCredentialById, routes.deleteMyCredentialById, (context) =>
      remove(context.authorize, targetUser(context), context.params.name),
    ),

    ...bindBoth(routes.addUserKubernetesCredential, routes.addMyKubernetesCredential, async (context) => {
      const { credential } = await identity.addKubernetesUserCredential({
        username: targetUser(context),
        ...context.body,
      });
      return saved(201, credential);
    }),

    ...bindBoth(routes.addUserGitCredential, routes.addMyGitCredential, async (context) => {
      const { credential } = await identity.addGitUserCredential({
        username: targetUser(context),
        ...context.body,
      });
      return saved(201, credential);
    }),

    ...bindBoth(routes.addUserRegistryCredential, routes.addMyRegistryCredential, async (context) => {
      const { credential } = await identity.addRegistryUserCredential({
        username: targetUser(context),
        ...context.body,
      });
      return saved(201, credential);
    }),
  ];
};
