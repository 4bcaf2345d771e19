import { expect, test } from "vitest";
import { decodeFrame } from "./cloudshell-codec.ts";
import { createOutputSender } from "./output-sender.ts";

/** A socket whose frames leave when the test says so. */
const heldSocket = () => {
  const frames: string[] = [];
  let done: Array<() => void> = [];
  return {
    frames,
    send(frame: Uint8Array, sent: () => void) {
      const payload = decodeFrame(frame);
      frames.push(payload.case === "terminalOutput" ? payload.value.data : "?");
      done.push(sent);
    },
    leave() {
      const sent = done;
      done = [];
      for (const tell of sent) tell();
    },
  };
};

const text = (value: string) => Buffer.from(value);

test("the first text leaves at once, what follows meanwhile leaves together", () => {
  const socket = heldSocket();
  const sender = createOutputSender(socket);
  sender.push(text("a"));
  expect(socket.frames).toEqual(["a"]);
  sender.push(text("b"));
  sender.push(text("c"));
  expect(socket.frames).toEqual(["a"]);
  socket.leave();
  expect(socket.frames).toEqual(["a", "bc"]);
  socket.leave();
  sender.push(text("d"));
  expect(socket.frames).toEqual(["a", "bc", "d"]);
});

test("joined frames have a size limit, and order is kept", () => {
  const socket = heldSocket();
  const sender = createOutputSender(socket, { frameBytes: 10 });
  for (const word of ["first", "1234", "5678", "9abc", "0123456789abcdef", "z"]) sender.push(text(word));
  expect(socket.frames).toEqual(["first", "12345678", "9abc", "0123456789abcdef"]);
  sender.flush();
  expect(socket.frames.join("")).toBe("first123456789abc0123456789abcdefz");
});

test("a full socket is waited for until it has drained well below its limit", async () => {
  const socket = heldSocket();
  const sender = createOutputSender(socket, { highWater: 1000, lowWater: 500 });
  expect(sender.push(text("x".repeat(600)))).toBeUndefined();
  const room = sender.push(text("y".repeat(600)));
  expect(room).toBeInstanceOf(Promise);
  let released = false;
  const waiting = room?.then(() => {
    released = true;
  });
  await Promise.resolve();
  expect(released).toBe(false);
  socket.leave();
  socket.leave();
  await waiting;
  expect(released).toBe(true);
});

test("nobody waits for a closed socket", async () => {
  const socket = heldSocket();
  const sender = createOutputSender(socket, { highWater: 10 });
  sender.push(text("first"));
  const room = sender.push(text("more than ten bytes"));
  sender.close();
  await room;
  expect(sender.push(text("late"))).toBeUndefined();
  expect(socket.frames).toEqual(["first"]);
});
