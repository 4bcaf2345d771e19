import { Code, RpcError } from "@k8shell/rpc";
import { type IdentityDatabase, nextId } from "./store.ts";

/** The POSIX ids given to users who were not created with one; `last` is included. */
export interface UidRange {
  readonly first: number;
  readonly last: number;
}

export const defaultUidRange: UidRange = { first: 10_000, last: 59_999 };

/**
 * A uid nobody has. Ids are given upwards and not given again while others are left, because files of a deleted user
 * may still carry theirs; then the lowest free one is.
 * @throws RpcError ResourceExhausted when none is free
 */
export const allocateUid = async (db: IdentityDatabase, range: UidRange): Promise<number> => {
  const taken = new Set(
    (await db.selectFrom("users").select("uid").where("uid", ">=", range.first).execute()).map(
      (row) => row.uid,
    ),
  );
  for (;;) {
    const uid = await nextId(db, "uid", range.first);
    if (uid > range.last) break;
    if (!taken.has(uid)) return uid;
  }
  for (let uid = range.first; uid <= range.last; uid++) if (!taken.has(uid)) return uid;
  throw new RpcError(Code.ResourceExhausted, "no user id is left");
};
