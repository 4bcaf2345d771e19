import type { SecretBox } from "./secrets.ts";
import type { IdentityDatabase } from "./store.ts";

const name = "secrets-key-check";
const context = "settings:secrets-key-check:value";

/**
 * Makes sure that this process has the key that the database's secrets are encrypted with: another process that shares
 * the database, or a restored backup, may have another.
 * @throws Error when it has not
 */
export const checkKeys = async (db: IdentityDatabase, box: SecretBox, keysDir: string): Promise<void> => {
  await db
    .insertInto("settings")
    .values({ name, value: box.seal(name, context) })
    .onConflict((conflict) => conflict.column("name").doNothing())
    .execute();
  const { value } = await db
    .selectFrom("settings")
    .select("value")
    .where("name", "=", name)
    .executeTakeFirstOrThrow();
  try {
    box.open(value, context);
  } catch (error) {
    throw new Error(
      `the keys in ${keysDir} are not those that the identity database was made with; put the directory of the first server there`,
      { cause: error },
    );
  }
};
