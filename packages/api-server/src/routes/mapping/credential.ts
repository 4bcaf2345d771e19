import type { AccessTokenJson, UserCredentialJson } from "@k8shell/contract";
import type { UserCredential } from "@k8shell/contract/gen/common/v1/common_pb.js";
import type { AccessTokenInfo } from "@k8shell/contract/gen/identity/v1/types_pb.js";
import { timeOrNull, toNumber } from "./values.ts";

/** A credential without its secret (rest-contract section 6, row 18). */
export const credentialJson = (credential: UserCredential): UserCredentialJson => ({
  id: credential.id,
  username: credential.username,
  serviceName: credential.serviceName,
  serviceScope: credential.serviceScope,
  credentialSource: credential.credentialSource,
  subject: credential.subject,
  isActive: credential.isActive,
  createdAt: timeOrNull(credential.createdAt),
  updatedAt: timeOrNull(credential.updatedAt),
  expiresAt: timeOrNull(credential.expiresAt),
  lastUsedAt: timeOrNull(credential.lastUsedAt),
});

/** A credential with its secret: for the one endpoint that gives it out. */
export const credentialWithSecretJson = (credential: UserCredential): UserCredentialJson => ({
  ...credentialJson(credential),
  secret: credential.secret,
});

/** rest-contract 2.7; camelCase, unlike the request that makes one. */
export const accessTokenJson = (token: AccessTokenInfo): AccessTokenJson => ({
  id: toNumber(token.id),
  username: token.username,
  name: token.name,
  scopes: token.scopes,
  expiresAt: timeOrNull(token.expiresAt),
  createdAt: timeOrNull(token.createdAt),
  lastUsedAt: timeOrNull(token.lastUsedAt),
  isActive: token.isActive,
  tokenPreview: token.tokenPreview,
});
