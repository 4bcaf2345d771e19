// Writes to a store from a process of its own: `writer.ts FILE COUNT`.
import { sqliteKv } from "../../src/index.ts";

const kv = sqliteKv({ file: process.argv[2] ?? "" });
const bucket = await kv.bucket("things");
for (let i = 0; i < Number(process.argv[3]); i += 1) await bucket.put(`child.${i}`, String(process.pid));
await kv.close();
