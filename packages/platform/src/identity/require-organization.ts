import { Code, RpcError } from "@k8shell/rpc";
import { defaultOrganization, type IdentityDatabase } from "./store.ts";

/**
 * The name of an organization that exists.
 * @param code of the error when there is none
 * @throws RpcError `code`, or InvalidArgument for an empty name
 */
export const requireOrganization = async (
  db: IdentityDatabase,
  name: string,
  code: Code = Code.InvalidArgument,
): Promise<string> => {
  if (name === "") throw new RpcError(Code.InvalidArgument, "organization is required");
  if (name === defaultOrganization) return name;
  const found = await db
    .selectFrom("organizations")
    .select("name")
    .where("name", "=", name)
    .executeTakeFirst();
  if (!found) throw new RpcError(code, "organization not found");
  return found.name;
};
