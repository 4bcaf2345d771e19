import { findCredential, readAccess, readInput, runTool } from "./api.ts";
import { answerGit, parseGitAttributes } from "./git-credential.ts";

// A git credential helper (gitcredentials(7)): `get` asks the API, nothing is ever stored in the workspace.
await runTool("git-credential-k8shell", async () => {
  const input = await readInput();
  if (process.argv[2] !== "get") return "";
  return answerGit(parseGitAttributes(input), (scope) =>
    findCredential(readAccess(process.env), "git", scope),
  );
});
