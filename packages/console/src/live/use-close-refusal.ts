import { useQuery } from "@tanstack/react-query";
import { profileQuery } from "../app/queries.ts";
import { useMay } from "../app/use-may.ts";

/**
 * Why the caller cannot close a connection of a user; undefined when they can. One's own take the right to change one's
 * account, those of others the right to lock them out (rest-contract: DELETE /live/:id).
 */
export const useCloseRefusal = (): ((username: string) => string | undefined) => {
  const may = useMay();
  const { data: me } = useQuery(profileQuery);
  return (username) => may(username === me?.username ? "user:write:profile" : "user:write:locked").refusal;
};
