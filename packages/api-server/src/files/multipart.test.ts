import fc from "fast-check";
import { expect, test } from "vitest";
import { ApiError } from "../http/api-error.ts";
import { multipartBoundary, multipartFile } from "./multipart.ts";

const cut = async function* (body: Buffer, sizes: readonly number[]) {
  for (let start = 0, turn = 0; start < body.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield body.subarray(start, start + size);
    start += size;
  }
};

const read = async (body: Buffer, sizes: readonly number[] = [65_536]): Promise<Buffer> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of multipartFile(cut(body, sizes), "XX")) chunks.push(chunk);
  return Buffer.concat(chunks);
};

const part = (name: string, content: Uint8Array): Buffer =>
  Buffer.concat([
    Buffer.from(`--XX\r\nContent-Disposition: form-data; name="${name}"; filename="x"\r\n\r\n`),
    content,
    Buffer.from("\r\n"),
  ]);
const end = Buffer.from("--XX--\r\n");

test("the file comes out unchanged however the body is cut", async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc
      .array(fc.constantFrom("\r", "\n", "-", "X", "\r\n--X", "\r\n--"), { maxLength: 60 })
      .map((t) => Buffer.from(t.join(""))),
  );
  const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 });
  await fc.assert(
    fc.asyncProperty(bytes, sizes, async (raw, chunkSizes) => {
      const content = Buffer.from(raw);
      fc.pre(!content.includes("\r\n--XX"));
      const body = Buffer.concat([
        part("a", Buffer.from("1")),
        part("file", content),
        part("z", Buffer.from("2")),
        end,
      ]);
      expect((await read(body, chunkSizes)).equals(content)).toBe(true);
    }),
  );
});

test("a body cut anywhere is an error, never a shorter file", async () => {
  const body = Buffer.concat([part("file", Buffer.from("some content")), Buffer.from("--XX--")]);
  for (let length = 0; length < body.length; length++) {
    await expect(read(body.subarray(0, length))).rejects.toBeInstanceOf(ApiError);
  }
  expect((await read(body)).toString()).toBe("some content");
});

test.each<[string, Buffer]>([
  ["no part named file", Buffer.concat([part("other", Buffer.from("x")), end])],
  ["no part at all", end],
  ["two files", Buffer.concat([part("file", Buffer.from("x")), part("file", Buffer.from("y")), end])],
  ["an endless header", Buffer.concat([Buffer.from("--XX\r\n"), Buffer.alloc(40_000, "a")])],
  ["text after a boundary", Buffer.from("--XXjunk\r\n\r\n\r\n--XX--")],
  ["too many parts", Buffer.concat([...Array.from({ length: 40 }, () => part("a", Buffer.from("x"))), end])],
])("a form with %s is refused", async (_, body) => {
  await expect(read(body)).rejects.toMatchObject({ code: "invalid_body" });
});

test("a boundary is taken from the content type, quoted or not, and must be valid", () => {
  expect(multipartBoundary("multipart/form-data; boundary=abc")).toBe("abc");
  expect(multipartBoundary('multipart/form-data; charset=utf-8; boundary="a b"')).toBe("a b");
  for (const bad of [
    "multipart/form-data",
    "multipart/form-data; boundary=",
    `multipart/form-data; boundary=${"x".repeat(71)}`,
  ]) {
    expect(() => multipartBoundary(bad)).toThrow(ApiError);
  }
});
