import { z } from "zod";
import {
  accessToken,
  accessTokenCreated,
  accessTokenCreateRequest,
  accessTokenUpdateRequest,
  tokenIdParams,
} from "../schemas/index.ts";
import { actions } from "./actions.ts";
import { forUser } from "./for-user.ts";

const tag = "Access tokens";
const errors = { 404: "no such user or token" };

export const tokenRoutes = {
  ...forUser("list", "Tokens", "/tokens", {
    method: "GET",
    tag,
    summary: "Access tokens of a user",
    permission: actions.tokenRead,
    watch: { everySeconds: 5 },
    responses: { 200: z.array(accessToken) },
    errors: { 404: "no such user" },
  }),
  ...forUser("create", "Token", "/tokens", {
    method: "POST",
    tag,
    summary: "Create an access token",
    description: "A token made with an access token cannot do more than that one.",
    permission: actions.tokenCreate,
    body: accessTokenCreateRequest,
    responses: { 201: accessTokenCreated },
    errors: { 404: "no such user", 409: "there is a token of that name" },
  }),
  ...forUser("update", "Token", "/tokens/:id", {
    method: "PATCH",
    tag,
    summary: "Change an access token",
    permission: actions.tokenWrite,
    params: tokenIdParams,
    body: accessTokenUpdateRequest,
    responses: { 200: accessToken },
    errors,
  }),
  ...forUser("revoke", "Token", "/tokens/:id", {
    method: "DELETE",
    tag,
    summary: "Delete an access token",
    permission: actions.tokenDelete,
    params: tokenIdParams,
    responses: { 204: "none" },
    errors,
  }),
} as const;
