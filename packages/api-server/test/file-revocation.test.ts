import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type Assembled,
  addUser,
  bearer,
  type Credentials,
  createWorkspace,
  startAssembled,
  textOf,
} from "./assembled.ts";
import { eventually } from "./workspace-fixture.ts";

/** Bytes of an upload that are sent; as many as it announces never come. */
const sent = 1_000_000;
const announced = 100_000_000;
/** More bytes than the buffers of a connection hold. */
const bigSize = 64 << 20;

let product: Assembled;
let ann: Credentials;
let workspace = "";

const files = (rest: string) => `/workspaces/${workspace}/files${rest}`;

beforeAll(async () => {
  product = await startAssembled();
  ann = await addUser(product, "ann", { roles: ["developer"] });
  ({ workspace } = await createWorkspace(product, "ann", ann));
  const bytes = Buffer.alloc(bigSize);
  await product.api("PUT", files("?path=big"), { credentials: ann, bytes });
});
afterAll(() => product.close());

const rowsOf = async (path: string, field?: string): Promise<Record<string, unknown>[]> => {
  const answer = await product.api("GET", path, { credentials: product.admin });
  const rows = field === undefined ? answer : Reflect.get(Object(answer), field);
  if (!Array.isArray(rows)) throw new Error(`no rows in ${JSON.stringify(answer)}`);
  return rows;
};

const contentOf = async (path: string) => {
  const url = `/api/v1${files(`?path=${path}`)}`;
  return (await product.request("GET", url, { credentials: product.admin })).text();
};

/** Sizes of what has arrived of uploads to a directory, not in its place yet. */
const partsIn = async (directory: string) =>
  (await rowsOf(files(`/list?path=${directory}&hidden=true`), "entries"))
    .filter(({ name }) => String(name).startsWith(".k8shell-upload-"))
    .map(({ size }) => size);

const openFiles = async () =>
  (await rowsOf("/live?username=ann")).filter(({ kind }) => kind === "files").length;

/** How a request ends that sends a part of what it announces. */
const endOf = (outgoing: ClientRequest): Promise<string> => {
  outgoing.write(Buffer.alloc(sent));
  return new Promise((resolve) => {
    outgoing.on("error", () => resolve("cut"));
    outgoing.on("response", (response) => resolve(`answered ${response.statusCode}`));
  });
};

/** Reads a response on. Resolves to whether it was cut. */
const readOn = (response: IncomingMessage): Promise<string> =>
  new Promise((resolve) => {
    response.on("error", () => resolve("cut"));
    response.on("end", () => resolve("whole"));
    response.resume();
  });

/**
 * Begins an upload, a part of a resumable upload and a download. The uploads go to `put` and `tus` in a directory, where
 * there are files already.
 */
const begin = async (directory: string, credentials: Credentials) => {
  await product.api("POST", files(`/mkdir?path=${directory}`), { credentials });
  for (const name of ["put", "tus"]) {
    const bytes = Buffer.from(`old ${name}`);
    await product.api("PUT", files(`?path=${directory}/${name}`), { credentials, bytes });
  }
  const resumable = { ...credentials, "tus-resumable": "1.0.0" };
  const created = await product.request("POST", `/api/v1${files(`/uploads?path=${directory}/tus`)}`, {
    credentials: { ...resumable, "upload-length": String(announced) },
  });
  expect(created.status).toBe(201);
  const upload = new URL(created.headers.get("location") ?? "", product.server.url);
  const length = { "content-length": String(announced) };
  const put = endOf(
    request(`${product.server.url}/api/v1${files(`?path=${directory}/put`)}`, {
      method: "PUT",
      headers: { ...credentials, ...length },
    }),
  );
  const tus = endOf(
    request(upload, {
      method: "PATCH",
      headers: {
        ...resumable,
        ...length,
        "upload-offset": "0",
        "content-type": "application/offset+octet-stream",
      },
    }),
  );
  const download = request(`${product.server.url}/api/v1${files("?path=big")}`, { headers: credentials });
  const answer: Promise<IncomingMessage[]> = once(download.end(), "response");
  const [response] = await answer;
  if (!response) throw new Error("no response");
  expect(response.statusCode).toBe(200);
  await once(response, "readable");
  const wholeParts = async () => (await partsIn(directory)).filter((size) => size === sent).length === 2;
  await eventually(wholeParts);
  expect(await openFiles()).toBe(3);
  return { put, tus, response };
};

/** Waits until the server has given the transfers up. Only then is the download read: what is on its way comes first. */
const endsOf = async ({ put, tus, response }: Awaited<ReturnType<typeof begin>>) => {
  await eventually(async () => (await openFiles()) === 0);
  return { put: await put, tus: await tus, download: await readOn(response) };
};

const allCut = { put: "cut", tus: "cut", download: "cut" };

test("transfers under way are cut when their token is revoked; the old files stay", async () => {
  const made = await product.api("POST", "/me/tokens", {
    credentials: ann,
    body: { name: "transfers", scopes: ["*"] },
  });
  const transfers = await begin("revoked", bearer(textOf(made, "token")));
  const found = (await rowsOf("/users/ann/tokens")).find(({ name }) => name === "transfers");
  await product.api("DELETE", `/me/tokens/${found?.id}`, { credentials: ann });
  expect(await endsOf(transfers)).toEqual(allCut);
  expect(await contentOf("revoked/put")).toBe("old put");
  expect(await contentOf("revoked/tus")).toBe("old tus");
  // What arrived of the resumable upload waits to be continued; of the other one nothing is left.
  expect(await partsIn("revoked")).toEqual([sent]);
});

test("transfers under way are cut when their workspace is stopped; the old files stay", async () => {
  const transfers = await begin("stopped", ann);
  await product.api("DELETE", `/workspaces/${workspace}`, { credentials: ann });
  // An upload whose daemon ends before its connection is cut is told so.
  const ended = expect.stringMatching(/^(cut|answered 502)$/);
  expect(await endsOf(transfers)).toEqual({ put: ended, tus: ended, download: "cut" });
  const again = await createWorkspace(product, "ann", ann);
  expect(again.workspace).toBe(workspace);
  expect(await contentOf("stopped/put")).toBe("old put");
  expect(await contentOf("stopped/tus")).toBe("old tus");
  expect(await partsIn("stopped")).toEqual([sent]);
});

test("transfers under way are cut when their user is locked; the old files stay", async () => {
  const transfers = await begin("locked", ann);
  await product.api("PATCH", "/users/ann/profile", { credentials: product.admin, body: { locked: true } });
  expect(await endsOf(transfers)).toEqual(allCut);
  expect(await contentOf("locked/put")).toBe("old put");
  expect(await contentOf("locked/tus")).toBe("old tus");
  expect(await partsIn("locked")).toEqual([sent]);
});
