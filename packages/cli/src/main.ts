import { enableCompileCache } from "node:module";

// Before anything else is compiled: what follows is loaded after it.
enableCompileCache();
await import("./run.ts");
