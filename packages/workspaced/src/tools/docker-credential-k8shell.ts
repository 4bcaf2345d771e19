import { findCredential, readAccess, readInput, runTool, ToolError } from "./api.ts";

// A docker credential helper (docker-credential-helpers protocol). The scope is the server exactly as docker gives it.
await runTool("docker-credential-k8shell", async () => {
  const verb = process.argv[2];
  if (verb === "list") return "{}\n";
  const input = await readInput();
  switch (verb) {
    case "get": {
      const server = input.trim();
      const credential = await findCredential(readAccess(process.env), "registry", server);
      if (credential === undefined) {
        // Docker recognizes this very text on standard output and goes on without credentials.
        process.exitCode = 1;
        return "credentials not found in native keychain\n";
      }
      return `${JSON.stringify({ ServerURL: server, Username: credential.subject, Secret: credential.secret })}\n`;
    }
    case "erase":
      return "";
    case "store":
      throw new ToolError(
        "credentials are kept by k8shell: add them to your profile instead of logging in here",
      );
    default:
      throw new ToolError("usage: docker-credential-k8shell get|list|store|erase");
  }
});
