import { createShellSession, type ShellSession } from "@k8shell/workspaced";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { WorkspaceClient } from "../src/backends/backends.ts";
import { createFramePool } from "../src/terminal/frame-pool.ts";
import { createHubTerminal, type HubTerminal } from "../src/terminal/hub-terminal.ts";
import { createOutputViewer, type OutputViewer } from "../src/terminal/output-viewer.ts";
import type { ScreenSnapshot } from "../src/terminal/screen.ts";
import type { ShellCall, ShellReader } from "../src/terminal/shell-call.ts";

/** Byte `n` of the output, so that every byte tells where it belongs. */
const byteAt = (offset: number) => ((offset * 7 + (offset >> 8) * 13 + (offset >> 16) * 31) % 95) + 32;

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** The daemon's own shell session, with a program that prints when it is told to and stops while it is held back. */
const startProgram = async () => {
  let printed = 0;
  let wanted = 0;
  let paused = false;
  let deliver = (_chunk: Uint8Array) => {};
  const print = () => {
    while (!paused && printed < wanted) {
      const chunk = Buffer.alloc(Math.min(4096, wanted - printed));
      for (let index = 0; index < chunk.length; index += 1) chunk[index] = byteAt(printed + index);
      printed += chunk.length;
      deliver(chunk);
    }
  };
  const session = await createShellSession({
    id: "ws-1",
    shell: "/bin/sh",
    now: () => new Date(),
    onEnd() {},
    start: ({ onData }) => {
      deliver = onData;
      return {
        pid: 1,
        terminal: "/dev/pts/0",
        write: async () => {},
        endInput() {},
        pause() {
          paused = true;
        },
        resume() {
          paused = false;
          setImmediate(print);
        },
        resize() {},
        destroy() {},
      };
    },
  });
  return {
    session,
    print(bytes: number) {
      wanted += bytes;
      print();
    },
    printed: () => printed,
    idle: () => printed === wanted,
  };
};

/** An attachment as it comes over gRPC: what is on its way when it is cut is lost. */
const attach = (session: ShellSession): ShellCall => {
  const client = session.attach(true);
  let cut = false;
  let held: PromiseWithResolvers<void> | undefined;
  const pump = async ({ onOutput }: ShellReader) => {
    for (;;) {
      await held?.promise;
      const chunk = await client.output.take(32 * 1024);
      if (chunk === undefined || cut) return;
      onOutput(chunk);
    }
  };
  return {
    offset: client.offset,
    read: (reader) => void pump(reader),
    pause() {
      held ??= Promise.withResolvers();
    },
    resume() {
      held?.resolve();
      held = undefined;
    },
    exitCode: () => undefined,
    acknowledge: client.acknowledge,
    write: async () => {},
    end() {},
    detach() {
      cut = true;
      session.detach();
    },
  };
};

const noDaemon = { ssh: { getCWD: async () => ({ path: "/" }), resizeTerminal: async () => ({}) } };

/** A server: it attaches to the session, with the picture that the one before it has left. */
const startServer = (session: ShellSession, screen: ScreenSnapshot | undefined): HubTerminal =>
  createHubTerminal({
    // The two calls that a terminal makes besides its stream.
    daemon: noDaemon as unknown as WorkspaceClient,
    shellId: "ws-1",
    call: attach(session),
    detachable: true,
    size: { cols: 80, rows: 24 },
    screen,
    renewLater: (wanted) => void wanted.renew(),
    lingerMs: 60_000,
    log: { debug() {} },
  });

/** A client: its position, and a check of every byte it gets. */
const createClient = () => {
  const marks = new WeakMap<Uint8Array, { offset?: number; snapshot?: number }>();
  const mark = (frame: Buffer, about: { offset?: number; snapshot?: number }) => {
    marks.set(frame, about);
    return frame;
  };
  let position = 0;
  let snapshots = 0;
  let acknowledging = true;
  let leave = () => {};
  let viewer: OutputViewer | undefined;
  let terminal: HubTerminal | undefined;
  return {
    position: () => position,
    snapshots: () => snapshots,
    connected: () => viewer !== undefined,
    async connect(to: HubTerminal) {
      await to.reaches(position);
      const resumes = position >= to.ring.start && position <= to.ring.head;
      const from = resumes ? position : to.ring.start - 1;
      terminal = to;
      const frames = createFramePool(64 * 1024, 4);
      let gone = false;
      const made = createOutputViewer({
        terminal: to,
        frames,
        from,
        paces: true,
        acknowledges: true,
        count() {},
        onEnd() {},
        format: {
          output(offset, length, copy, allocate) {
            const frame = allocate(length);
            copy(frame, 0);
            frame.fill(0xff, length);
            return mark(frame.subarray(0, length), { offset });
          },
          snapshot: ({ offset }) => mark(Buffer.from("picture"), { snapshot: offset }),
          skipped: () => undefined,
          resized: () => undefined,
          last: () => undefined,
        },
        socket: {
          send(frame, done) {
            const data = Buffer.from(frame);
            const { offset, snapshot } = marks.get(frame) ?? {};
            // A frame is under way for a while, and lost when the connection breaks.
            setImmediate(() => {
              done();
              if (gone) return;
              if (snapshot !== undefined) {
                snapshots += 1;
                position = snapshot;
              } else {
                expect(offset).toBe(position);
                const wrong = data.findIndex((byte, index) => byte !== byteAt(position + index));
                if (wrong >= 0) throw new Error(`byte ${position + wrong} is wrong`);
                position += data.length;
              }
              if (acknowledging) made.acknowledge(position);
            });
          },
        },
      });
      leave = () => {
        gone = true;
      };
      viewer = made;
      to.attach(made);
      made.more();
    },
    disconnect() {
      leave();
      viewer?.close();
      if (viewer) terminal?.detach(viewer, true);
      viewer = undefined;
    },
    stall() {
      acknowledging = false;
    },
    render() {
      acknowledging = true;
      viewer?.acknowledge(position);
    },
  };
};
const step = fc.oneof(
  fc.record({ do: fc.constant("print" as const), bytes: fc.integer({ min: 1, max: 400_000 }) }),
  fc.record({
    do: fc.constantFrom("disconnect", "reconnect", "takeOver", "kill", "stall", "render", "wait"),
  }),
);

test("any sequence of disconnects, take-overs, stalls and overruns gives the exact bytes, or a snapshot that says so", async () => {
  let pictures = 0;
  let exact = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
      const program = await startProgram();
      let server = startServer(program.session, undefined);
      const client = createClient();
      await client.connect(server);
      const move = async (screen: ScreenSnapshot | undefined) => {
        client.disconnect();
        server.release();
        await server.over;
        server = startServer(program.session, screen?.text === "" ? undefined : screen);
        await client.connect(server);
      };
      for (const each of steps) {
        if (each.do === "print") program.print("bytes" in each ? each.bytes : 0);
        else if (each.do === "disconnect") client.disconnect();
        else if (each.do === "reconnect") {
          client.disconnect();
          await client.connect(server);
        } else if (each.do === "takeOver") await move(server.screen.base);
        else if (each.do === "kill") await move(undefined);
        else if (each.do === "stall") client.stall();
        else if (each.do === "render") client.render();
        else for (let count = 0; count < 5; count += 1) await turn();
      }
      client.render();
      if (!client.connected()) await client.connect(server);
      for (let turns = 0; client.position() < program.printed() || !program.idle(); turns += 1) {
        if (turns > 20_000) throw new Error(`stuck at ${client.position()} of ${program.printed()}`);
        await turn();
      }
      expect(client.position()).toBe(program.printed());
      if (client.snapshots() > 0) pictures += 1;
      else exact += 1;
      client.disconnect();
      server.release();
    }),
    { numRuns: 60 },
  );
  // Both happen.
  expect(exact).toBeGreaterThan(5);
  expect(pictures).toBeGreaterThan(0);
});
