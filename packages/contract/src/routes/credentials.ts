import { z } from "zod";
import {
  credentialIdParams,
  credentialIdQuery,
  credentialIdRequired,
  credentialNameParams,
  userCredential,
  userCredentialUpdateRequest,
  userGitCredentialRequest,
  userKubernetesCredentialRequest,
  userRegistryCredentialRequest,
} from "../schemas/index.ts";
import { actions } from "./actions.ts";
import { forUser } from "./for-user.ts";

const tag = "Credentials";
const errors = { 404: "no such user or credential" };
const taken = { 404: "no such user", 409: "there is one for that scope already" };

const writeActions = {
  kind: "dynamic",
  why: "the action depends on the kind of the credential that the id stands for",
  actions: Object.values(actions.writeCredentials),
} as const;

export const credentialRoutes = {
  ...forUser("list", "Credentials", "/credentials", {
    method: "GET",
    tag,
    summary: "Credentials of a user, without their secrets",
    description: "Those of the kinds that the caller may read.",
    permission: {
      kind: "dynamic",
      why: "each kind of credential is decided on its own",
      actions: Object.values(actions.readCredentials),
    },
    query: credentialIdQuery,
    watch: { everySeconds: 5 },
    responses: { 200: z.array(userCredential) },
    errors,
  }),
  ...forUser("get", "Credential", "/credentials/:name", {
    method: "GET",
    tag,
    summary: "A credential with its secret, for use now",
    permission: actions.readNamedCredential,
    params: credentialNameParams,
    query: z.object({
      scope: z.string().max(1024).optional().describe("E.g. `https://github.com`, a registry, a namespace."),
    }),
    responses: { 200: userCredential },
    errors: { ...errors, 502: "the secret could not be obtained" },
  }),
  ...forUser("update", "Credential", "/credentials", {
    method: "PATCH",
    tag,
    summary: "Change a credential",
    permission: writeActions,
    query: credentialIdRequired,
    body: userCredentialUpdateRequest,
    responses: { 200: userCredential },
    errors: { ...errors, 409: "the identity provider looks after this credential" },
  }),
  ...forUser("delete", "Credential", "/credentials", {
    method: "DELETE",
    tag,
    summary: "Delete a credential",
    permission: writeActions,
    query: credentialIdRequired,
    responses: { 204: "none" },
    errors,
  }),
  ...forUser("update", "CredentialById", "/credentials/:name", {
    method: "PATCH",
    tag,
    summary: "Change a credential; its id stands in the path",
    permission: writeActions,
    params: credentialIdParams,
    body: userCredentialUpdateRequest,
    responses: { 200: userCredential },
    errors: { ...errors, 409: "the identity provider looks after this credential" },
  }),
  ...forUser("delete", "CredentialById", "/credentials/:name", {
    method: "DELETE",
    tag,
    summary: "Delete a credential; its id stands in the path",
    permission: writeActions,
    params: credentialIdParams,
    responses: { 204: "none" },
    errors,
  }),
  ...forUser("add", "KubernetesCredential", "/credentials/kubernetes", {
    method: "POST",
    tag,
    summary: "Add a Kubernetes credential",
    permission: actions.writeCredentials.kubernetes,
    body: userKubernetesCredentialRequest,
    responses: { 201: userCredential },
    errors: taken,
  }),
  ...forUser("add", "GitCredential", "/credentials/git", {
    method: "POST",
    tag,
    summary: "Add a git credential",
    permission: actions.writeCredentials.git,
    body: userGitCredentialRequest,
    responses: { 201: userCredential },
    errors: taken,
  }),
  ...forUser("add", "RegistryCredential", "/credentials/registry", {
    method: "POST",
    tag,
    summary: "Add a registry credential",
    permission: actions.writeCredentials.registry,
    body: userRegistryCredentialRequest,
    responses: { 201: userCredential },
    errors: taken,
  }),
} as const;
