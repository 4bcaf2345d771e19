import type { UserProfile } from "@k8shell/sdk";
import type { Cli } from "../cli.ts";
import type { Column } from "../output/table.ts";

const columns: Column<UserProfile>[] = [
  { title: "USERNAME", text: ({ username }) => username },
  { title: "FULLNAME", text: ({ fullname }) => fullname },
  { title: "EMAIL", text: ({ email }) => email },
  { title: "ORG", text: ({ organization }) => organization },
  { title: "ROLES", text: ({ roles }) => roles.join(",") },
  { title: "BLUEPRINTS", text: ({ blueprints }) => blueprints.join(",") },
  { title: "SUDO", text: ({ sudo }) => (sudo ? "yes" : "no") },
  { title: "SOURCE", text: ({ source }) => source },
  {
    title: "STATUS",
    text: (user) => (user.account_locked ? "locked" : user.is_valid ? "active" : "invalid"),
  },
];

export interface ListFlags {
  readonly sort?: string;
}

export const list = async (cli: Cli, { sort }: ListFlags): Promise<void> => {
  const { api } = await cli.client();
  await cli.print.table(columns, await api.listUsers(), { sort, empty: "No users." });
};
