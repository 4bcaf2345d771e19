import fc from "fast-check";

/** Texts that have broken programs before. */
const nasty = [
  "",
  " ",
  ".",
  "..",
  "../../../../etc/passwd",
  "..\\..\\",
  "/",
  "//",
  "%",
  "%00",
  "%2e%2e%2f",
  "%ff%fe",
  "%c0%ae",
  "\u0000",
  "\u202e",
  "\ufeff",
  "ｅ",
  "*",
  "~",
  "alice~",
  "alice~dev+user=root",
  "b64-",
  "b64-***",
  "alice~repo=a/b/c",
  "__proto__",
  "constructor",
  "toString",
  "null",
  "undefined",
  "NaN",
  "-1",
  "0",
  "1e309",
  "99999999999999999999",
  "9223372036854775808",
  "true",
  "[]",
  "{}",
  "' or 1=1 --",
  "%{x}",
  "<script>alert(1)</script>",
  "a".repeat(300),
  "é".repeat(5000),
] as const;

export const text = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...nasty) },
  { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 60 }) },
  { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 60 }) },
);
/** Without half characters, which cannot be written as UTF-8. */
export const wellFormed = text.map((value) => value.toWellFormed());
export const encoded = wellFormed.map((value) => encodeURIComponent(value));
/** What may stand in a request line: no spaces and line ends, but any other byte. */
export const lineText = fc
  .oneof(
    text,
    fc.string({ unit: fc.integer({ min: 0x21, max: 0xff }).map((code) => String.fromCharCode(code)) }),
  )
  .map((value) => value.replace(/[\s\u0000]/g, "_").slice(0, 2000));
/** What may stand in a header: any byte but line ends. */
export const headerText = fc
  .oneof(
    text,
    fc.string({ unit: fc.integer({ min: 0x09, max: 0xff }).map((code) => String.fromCharCode(code)) }),
  )
  .map((value) => value.replace(/[\r\n\u0000]/g, "").slice(0, 3000));

/** How a property is tried: often, but not for longer than a test may take. */
export const runs = (numRuns: number) => ({
  numRuns,
  interruptAfterTimeLimit: 25_000,
  markInterruptAsFailure: false,
});
