import { z } from "zod";

/** A moment, RFC 3339. */
export const time = z.iso.datetime({ offset: true });

/** A moment or null when there is none. Never an empty string, which the platform's clients cannot decode. */
export const timeOrNull = time.nullable();

/** An optional request field. Clients written in Go send `null` for an empty list: it counts as absent. */
export const opt = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform((value) => value ?? undefined);

/** One of a few words that may be left out. Clients written in Go may send `""` for it: it counts as absent. */
export const optWord = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  z
    .enum([...words, ""])
    .nullish()
    .transform((word): Words[number] | undefined => (word ? word : undefined));

export const int32 = z.int32();
export const uint32 = z.uint32();
/** A 64-bit count as a JSON number. */
export const count = z.number().int();

const noControl = /^[^\p{Cc}/\\]+$/u;

/** A username as clients write it: case does not matter, so it is lowered before anything else looks at it. */
export const username = z
  .string()
  .trim()
  .toLowerCase()
  .min(1)
  .max(128)
  .regex(noControl, "must not contain control characters or slashes")
  .describe("Username; case does not matter.");

/** A name of a workspace, app, blueprint, role or organization. */
export const name = z
  .string()
  .trim()
  .min(1)
  .max(253)
  .regex(noControl, "must not contain control characters or slashes");

/** A `true`/`false` query parameter. */
export const flag = z.stringbool({ truthy: ["true", "1", ""], falsy: ["false", "0"] });

/** As `flag`, for what cannot be undone: a parameter without a value is not meant. */
export const saidFlag = z.stringbool({ truthy: ["true", "1"], falsy: ["false", "0", ""] });

/** Of an upload. */
export const executable = flag
  .optional()
  .describe(
    "A new file may be run by whoever may read it (default: by nobody). One that is there keeps its mode.",
  );

/** The three kinds of credential. */
export const serviceName = z.enum(["git", "registry", "kubernetes"]);

export type ServiceName = z.output<typeof serviceName>;

/** Body of every response with a status of 400 or more. */
export const errorResponse = z
  .object({
    status: z.int().describe("The HTTP status."),
    msg: z.string().describe("What went wrong, for a person."),
    code: z.string().describe("What went wrong, for a program. The list of codes only grows."),
    requestId: z.string().describe("Name it when asking for help; the server's log has it too."),
  })
  .meta({ id: "Error", description: "A failed request." });

/** A short answer in words. */
export const message = z
  .object({ message: z.string() })
  .meta({ id: "Message", description: "A short answer in words." });
