/** First byte of each frame of `k8shell-exec-v1` (docs/protocols/exec.md). */
const channel = { stdin: 0, stdout: 1, stderr: 2, control: 3 } as const;

export type ServerFrame =
  | { readonly type: "stdout" | "stderr"; readonly data: Uint8Array }
  | { readonly type: "exit"; readonly exitCode: number }
  | { readonly type: "error"; readonly message: string }
  | { readonly type: "other" };

const framed = (first: number, content: Uint8Array): Uint8Array => {
  const frame = new Uint8Array(content.length + 1);
  frame[0] = first;
  frame.set(content, 1);
  return frame;
};

/** Standard input; of nothing: its end. */
export const inputFrame = (data: Uint8Array): Uint8Array => framed(channel.stdin, data);

export const controlFrame = (message: object): Uint8Array =>
  framed(channel.control, new TextEncoder().encode(JSON.stringify(message)));

/** @throws Error when the bytes are no frame of a server */
export const readFrame = (frame: Uint8Array): ServerFrame => {
  const data = frame.subarray(1);
  switch (frame[0]) {
    case channel.stdout:
      return { type: "stdout", data };
    case channel.stderr:
      return { type: "stderr", data };
    case channel.control: {
      const message: { exitCode?: unknown; error?: unknown } = JSON.parse(new TextDecoder().decode(data));
      if (typeof message.exitCode === "number") return { type: "exit", exitCode: message.exitCode };
      if (typeof message.error === "string") return { type: "error", message: message.error };
      return { type: "other" };
    }
    default:
      return { type: "other" };
  }
};
