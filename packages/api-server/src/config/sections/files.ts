import { z } from "zod";
import { integer, optional, section, withDefault } from "../fields.ts";

const bytes = (min: number) => integer(min, Number.MAX_SAFE_INTEGER);

export const files = section("Files of workspaces.", {
  maxUploadBytes: optional(bytes(1), "largest upload, bytes", { otherwise: "no limit" }),
  maxUploadBytesByRole: optional(
    z.record(z.string(), bytes(0), { error: "expected a block of roles and numbers of bytes" }),
    "the same by role, in its place; 0: no limit. Of several roles the one that permits most counts",
    { otherwise: "none" },
  ),
  uploadExpirySeconds: withDefault(
    integer(60, 30 * 86_400),
    86_400,
    "a resumable upload is given up after so long without a part",
  ),
});
