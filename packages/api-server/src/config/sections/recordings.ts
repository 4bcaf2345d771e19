import { integer, list, optional, section, withDefault } from "../fields.ts";

export const recordings = section("Recordings of terminals and commands, where a policy asks for them.", {
  retentionDays: withDefault(integer(1, 36_500), 90, "how long the embedded Session service keeps them"),
  redact: optional(
    list(),
    "regular expressions; what matches within a line is replaced before it is recorded",
    { otherwise: "access tokens of this platform" },
  ),
});
