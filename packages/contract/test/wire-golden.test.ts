import { create, type DescMessage, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import {
  AuditRecordSchema,
  EvaluateRequestSchema,
  EvaluateResponseSchema,
} from "../src/gen/authz/v1/authz_pb.js";
import { CloudshellMessageSchema } from "../src/gen/cloudshell/cloudshell_pb.js";
import {
  OnboardUserRuleSchema,
  UserCredentialSchema,
  UserSchema,
  WorkspaceDetailsSchema,
} from "../src/gen/common/v1/common_pb.js";
import { WebFilesMessageSchema } from "../src/gen/console/webfiles/v1/webfiles_pb.js";
import { WebShellMessageSchema } from "../src/gen/console/webshell/v1/webshell_pb.js";
import {
  CreateAccessTokenRequestSchema,
  ResolveAccessTokenRequestSchema,
  UpdateAccessTokenRequestSchema,
  UpdateUserRequestSchema,
} from "../src/gen/identity/v1/identity_pb.js";
import {
  CompleteUserWebFlowRequestSchema,
  OnboardRuleSchema,
  PasswordLockoutStatusSchema,
} from "../src/gen/identity/v1/types_pb.js";
import {
  AcquireSessionFailureReason,
  AcquireSessionRequestSchema,
  AcquireSessionResponseSchema,
  ExecRequestSchema,
  ExecResponseSchema,
  GetCWDRequestSchema,
  GetCWDResponseSchema,
  GetLogsPageRequestSchema,
  GetLogsRequestSchema,
  HandshakeResponseSchema,
  LogLevel,
  LogType,
  PortForwardRequestSchema,
  PortForwardResponseSchema,
  ResizeTerminalRequestSchema,
  ShellRequestSchema,
  ShellResponseSchema,
  SystemInfoResponseSchema,
  UnixSocketMode,
  UnixSocketRequestSchema,
} from "../src/gen/k8shelld/v1/k8shelld_pb.js";
import {
  ProvisionWorkspaceRequestSchema,
  ProvisionWorkspaceResponseSchema,
} from "../src/gen/provisioner/v1/provisioner_pb.js";
import {
  DescriptorSchema,
  FieldType,
  FilterOp,
  Operator,
  PayloadSchema,
  SortDir,
} from "../src/gen/query/v1/query_pb.js";
import {
  Direction,
  EndRecordingSessionRequestSchema,
  ShellRecordingFrameSchema,
  UpsertSessionRequestSchema,
} from "../src/gen/session/v1/session_pb.js";

/** Bytes as written by hand: hex pairs, and text between quotes. Blanks and line breaks only separate. */
const bytes = (written: string): Uint8Array =>
  new Uint8Array(
    Buffer.concat(
      (written.match(/'[^']*'|[0-9a-f]{2}/g) ?? []).map((part) =>
        part.startsWith("'") ? Buffer.from(part.slice(1, -1)) : Buffer.from(part, "hex"),
      ),
    ),
  );

/** One message and its bytes. They are written from the field numbers of the contract, not by an encoder. */
const golden = <S extends DescMessage>(
  title: string,
  schema: S,
  written: string,
  value: Exclude<MessageInitShape<S>, { $typeName: string }>,
) =>
  test(`${schema.typeName}: ${title}`, () => {
    expect(fromBinary(schema, bytes(written))).toEqual(create(schema, value));
    expect(Buffer.from(toBinary(schema, create(schema, value))).toString("hex")).toBe(
      Buffer.from(bytes(written)).toString("hex"),
    );
  });

const text = (value: string) => new Uint8Array(Buffer.from(value));

// k8shelld

golden(
  "the start has camelCase names, ten fields, and two environment entries",
  ShellRequestSchema,
  `0a 25  0a 04 'root'  12 03 'zsh'  1a 03 'A=1'  1a 02 'B='  20 01  28 c8 01  30 32  42 04 'lk-1'  48 01  50 01`,
  {
    request: {
      case: "startRequest",
      value: {
        asUser: "root",
        cmdShell: "zsh",
        setEnvVars: ["A=1", "B="],
        usePty: true,
        width: 200,
        height: 50,
        lockId: "lk-1",
        detachOnClose: true,
        showInitScriptStatus: true,
      },
    },
  },
);
golden("data has number 3, not 2", ShellRequestSchema, "1a 02 0d 0a", {
  request: { case: "data", value: text("\r\n") },
});
golden("a start without a terminal is an empty message, present", ShellResponseSchema, "0a 00", {
  response: { case: "startResponse", value: { pty: "" } },
});
golden("data has number 2", ShellResponseSchema, "12 01 24", {
  response: { case: "data", value: text("$") },
});
golden("terminate has number 3", ShellResponseSchema, "18 01", {
  response: { case: "terminate", value: true },
});
golden("the size begins with number 2", ResizeTerminalRequestSchema, "10 c8 01  18 32", {
  width: 200,
  height: 50,
});
golden("a shell to lock", AcquireSessionRequestSchema, "0a 04 'ws-1'", { sessionId: "ws-1" });
golden("a lock", AcquireSessionResponseSchema, "08 01  12 04 'lk-1'", { success: true, lockId: "lk-1" });
golden("the reason of a failed lock", AcquireSessionResponseSchema, "18 02", {
  failureReason: AcquireSessionFailureReason.ALREADY_ACQUIRED,
});
golden("the shell whose directory is asked for", GetCWDRequestSchema, "0a 04 'ws-1'", { shellId: "ws-1" });
golden("a directory", GetCWDResponseSchema, "0a 05 '/home'", { path: "/home" });
golden("a command", ExecRequestSchema, "0a 12  12 02 'ls'  1a 07 '/bin/sh'  22 03 'A=1'", {
  request: { case: "commandDetails", value: { command: "ls", shellBinary: "/bin/sh", envVars: ["A=1"] } },
});
golden("a signal has number 3", ExecRequestSchema, "1a 04 'TERM'", {
  request: { case: "signal", value: "TERM" },
});
golden("exit code 0 is written, because it is in a oneof", ExecResponseSchema, "18 00", {
  response: { case: "exitCode", value: 0 },
});
golden("exit code 137", ExecResponseSchema, "18 89 01", { response: { case: "exitCode", value: 137 } });
golden("a negative exit code takes ten bytes", ExecResponseSchema, "18 ff ff ff ff ff ff ff ff ff 01", {
  response: { case: "exitCode", value: -1 },
});
golden("a destination", PortForwardRequestSchema, "0a 0e  0a 09 'localhost'  10 90 3f", {
  request: { case: "destination", value: { ip: "localhost", port: 8080 } },
});
golden("data to a port has number 2", PortForwardRequestSchema, "12 02 0d 0a", {
  request: { case: "data", value: text("\r\n") },
});
golden("data from a port has number 1", PortForwardResponseSchema, "0a 02 0d 0a", { data: text("\r\n") });
golden(
  "a socket to dial, with socketPath in camelCase",
  UnixSocketRequestSchema,
  "0a 06  08 01  12 02 '/s'",
  {
    request: { case: "startRequest", value: { mode: UnixSocketMode.DIAL, socketPath: "/s" } },
  },
);
golden("a refused handshake", HandshakeResponseSchema, "0a 05 '1.0.0'  1a 03 'old'", {
  serverVersion: "1.0.0",
  accepted: false,
  message: "old",
});
golden("an install log", GetLogsRequestSchema, "0a 03 'web'  10 01", { name: "web", type: LogType.INSTALL });
golden("a page of the log before an entry", GetLogsPageRequestSchema, "10 03  18 ac 02  20 0a", {
  level: LogLevel.WARN,
  beforeId: 300n,
  limit: 10,
});
golden(
  "doubles, numbers beyond 2^53 and field numbers with gaps",
  SystemInfoResponseSchema,
  `0a 01 't'
   12 17  0a 01 'u'  11 00 00 00 00 00 00 f8 3f  31 00 00 00 00 00 00 d0 3f  48 03
   1a 19  0a 01 '/'  22 02 'rw'  28 01  30 01  50 81 80 80 80 80 80 80 10  78 07  a0 01 08
   22 05  50 64  78 c8 01
   2a 03 'a/b'`,
  {
    time: "t",
    system: { uptime: "u", cpuUsageMillicores: 1.5, cpuAvg1Min: 0.25, users: 3 },
    mounts: [
      {
        mountPoint: "/",
        options: ["rw"],
        readOnly: true,
        isLikelyTemp: true,
        totalBytes: 2n ** 53n + 1n,
        freeInodes: 7n,
        declaredSize: 8n,
      },
    ],
    docker: { imagesBytes: 100n, totalBytes: 200n },
    repository: "a/b",
  },
);

// identity and common

golden(
  "wrappers tell an empty value from an absent one",
  UpdateUserRequestSchema,
  "0a 01 'a'  12 00  22 00  32 02 08 01  52 03 08 e8 07  68 01",
  { username: "a", fullname: "", sudo: false, locked: true, uid: 1000, clearRoles: true },
);
golden(
  "a time, renew and a wrapped false",
  CreateAccessTokenRequestSchema,
  "0a 01 'a'  12 01 'n'  1a 01 '*'  22 06 08 80 e2 cf aa 06  28 01  32 00",
  {
    username: "a",
    name: "n",
    scopes: ["*"],
    expiresAt: { seconds: 1_700_000_000n },
    renew: true,
    active: false,
  },
);
golden(
  "no scopes at all is something else than scopes left alone",
  UpdateAccessTokenRequestSchema,
  "08 07  22 00",
  {
    id: 7n,
    scopes: { scopes: [] },
  },
);
golden("the lifetime is a Duration", ResolveAccessTokenRequestSchema, "0a 02 'k8'  12 03 08 90 1c", {
  token: "k8",
  expiry: { seconds: 3600n },
});
golden("state comes before code", CompleteUserWebFlowRequestSchema, "0a 01 's'  12 01 'c'", {
  state: "s",
  code: "c",
});
golden("a lockout's end is unix seconds", PasswordLockoutStatusSchema, "08 01  10 80 e2 cf aa 06", {
  locked: true,
  lockedUntil: 1_700_000_000n,
});
golden(
  "the status of an onboarding rule has number 17",
  OnboardRuleSchema,
  "08 05  30 0a  3a 01 'r'  40 01  8a 01 07 'pending'",
  {
    id: 5,
    priority: 10,
    roles: ["r"],
    sudo: true,
    status: "pending",
  },
);
golden("an optional false is written", OnboardUserRuleSchema, "0a 01 'a'  20 00  40 07", {
  username: "a",
  sudo: false,
  uid: 7,
});
golden(
  "numbers above 15 take two bytes",
  UserSchema,
  "0a 01 'a'  12 01 'o'  18 01  28 90 4e  68 01  8a 01 01 'r'  92 01 01 '*'  9a 01 05 'local'  a2 01 07 '/bin/sh'  a8 01 01",
  {
    username: "a",
    organization: "o",
    isValid: true,
    uid: 10_000,
    locked: true,
    roles: ["r"],
    blueprints: ["*"],
    source: "local",
    shell: "/bin/sh",
    sudo: true,
  },
);
golden(
  "the source of a credential has number 11",
  UserCredentialSchema,
  "08 03  1a 03 'git'  38 01  5a 06 'stored'",
  {
    id: 3,
    serviceName: "git",
    isActive: true,
    credentialSource: "stored",
  },
);
golden(
  "replica 0 is written, number 14 is nobody's",
  WorkspaceDetailsSchema,
  `0a 0d  0a 02 08 01  12 07 'Running'
   1a 01 'w'  5a 09 '127.0.0.1'  60 86 16  68 01  7a 04 '250m'  82 01 03 '1Gi'  92 01 01 'j'  9a 01 01 'n'
   a2 01 03 'a/b'  aa 01 0a 'standalone'  c0 01 00  c8 01 03`,
  {
    workspaceStatus: { created: { seconds: 1n }, status: "Running" },
    name: "w",
    podIp: "127.0.0.1",
    port: 2822,
    tlsEnabled: true,
    cpu: "250m",
    memory: "1Gi",
    jobId: "j",
    namespace: "n",
    origin: "a/b",
    workspaceType: "standalone",
    replicaIndex: 0,
    replicaCount: 3,
  },
);

// authz, query, provisioner, session

golden(
  "maps are repeated entries of key 1 and value 2",
  EvaluateRequestSchema,
  `0a 01 't'  12 11 'workspace:connect'
   1a 1e  0a 09 'workspace'  12 01 'w'  1a 0e  0a 05 'owner' 12 05 'alice'
   22 10  0a 04 'type' 12 08 'webshell'
   2a 09 'workspace'  32 0d 'k8sh_abcdefgh'`,
  {
    token: "t",
    action: "workspace:connect",
    resource: { type: "workspace", id: "w", attributes: { owner: "alice" } },
    context: { type: "webshell" },
    package: "workspace",
    patPreview: "k8sh_abcdefgh",
  },
);
golden(
  "an obligation that is a JSON array of strings",
  EvaluateResponseSchema,
  "08 01  1a 0e  0a 05 'roles'  12 05 '[\"a\"]'",
  {
    allowed: true,
    obligations: { roles: '["a"]' },
  },
);
golden(
  "scope and context have the numbers 20 and 21",
  AuditRecordSchema,
  "08 09  22 04 'user'  70 01  7a 04 0a 00 12 00  88 01 05  90 01 02  a2 01 09 'user:list'  aa 01 06 0a 01 'k' 12 01 'v'",
  {
    id: 9n,
    package: "user",
    allowed: true,
    obligations: { "": "" },
    durationUs: 5n,
    dupCount: 2,
    scope: "user:list",
    context: { k: "v" },
  },
);
golden(
  "operator 3 is left out, IN is 4 and EXISTS 9",
  PayloadSchema,
  `0a 17  08 02  12 0b  0a 01 'f'  10 04  1a 01 'x'  1a 01 'y'  12 06  0a 02 'fg'  10 09
   12 05  0a 01 's'  10 02
   1a 04  08 32  10 0a
   22 0a  0a 03 'org'  12 03 'acm'`,
  {
    filters: {
      op: FilterOp.OR,
      conditions: [
        { field: "f", op: Operator.IN, values: ["x", "y"] },
        { field: "fg", op: Operator.EXISTS },
      ],
    },
    sort: [{ field: "s", dir: SortDir.DESC }],
    page: { limit: 50, offset: 10 },
    obligations: { org: "acm" },
  },
);
golden(
  "the operators of a field are packed",
  DescriptorSchema,
  "0a 01 'r'  12 0c  0a 01 'c'  10 04  22 05 01 02 05 06 09",
  {
    resource: "r",
    fields: [
      {
        name: "c",
        type: FieldType.DATETIME,
        operators: [Operator.EQ, Operator.NE, Operator.GT, Operator.GTE, Operator.EXISTS],
      },
    ],
  },
);
golden(
  "a timeout and two switches",
  ProvisionWorkspaceRequestSchema,
  "0a 09 'alice~dev'  10 78  18 01  20 01",
  {
    userstr: "alice~dev",
    timeout: 120,
    sendProgress: true,
    sendEvents: true,
  },
);
golden("the handshake with its error", ProvisionWorkspaceResponseSchema, "0a 08  0a 03 'n/a'  1a 01 'e'", {
  data: { case: "handshake", value: { workspace: "n/a", error: "e" } },
});
golden("an event", ProvisionWorkspaceResponseSchema, "12 0e  0a 08 'progress'  22 02 '20'", {
  data: { case: "event", value: { type: "progress", status: "20" } },
});
golden(
  "times are int64, updated_at has number 13",
  UpsertSessionRequestSchema,
  "0a 14  0a 01 's'  12 01 'u'  30 80 e2 cf aa 06  48 05  5a 02 'sh'  68 01",
  {
    session: {
      sessionId: "s",
      username: "u",
      startTime: 1_700_000_000n,
      bytesIn: 5n,
      operations: ["sh"],
      updatedAt: 1n,
    },
  },
);
golden("the end of a recording", EndRecordingSessionRequestSchema, "0a 01 'c'  10 80 e2 cf aa 06", {
  connectionId: "c",
  endTime: 1_700_000_000n,
});
golden("a recorded chunk of input", ShellRecordingFrameSchema, "12 08  08 fa 01  12 01 'x'  18 01", {
  payload: { case: "chunk", value: { timeOffsetMs: 250n, data: text("x"), direction: Direction.INPUT } },
});
golden("a recorded resize", ShellRecordingFrameSchema, "1a 07  08 fa 01  10 50  18 18", {
  payload: { case: "resize", value: { timeOffsetMs: 250n, width: 80, height: 24 } },
});

// the three WebSocket packages

golden(
  "the file explorer has number 6",
  CloudshellMessageSchema,
  "32 0b  0a 01 '1'  12 06  0a 04  0a 02 '/t'",
  {
    payload: {
      case: "fileExplorer",
      value: {
        id: "1",
        payload: { case: "command", value: { payload: { case: "listFiles", value: { path: "/t" } } } },
      },
    },
  },
);
golden("an error has number 7", CloudshellMessageSchema, "3a 05  0a 03 'end'", {
  payload: { case: "terminalError", value: { data: "end" } },
});
golden(
  "a question for the directory is an empty message, number 4",
  CloudshellMessageSchema,
  "32 07  0a 01 '1'  12 02  22 00",
  {
    payload: {
      case: "fileExplorer",
      value: { id: "1", payload: { case: "command", value: { payload: { case: "getCwd", value: {} } } } },
    },
  },
);
golden("an empty error is told from none", CloudshellMessageSchema, "32 09  0a 01 '1'  1a 04  22 02  12 00", {
  payload: {
    case: "fileExplorer",
    value: {
      id: "1",
      payload: { case: "response", value: { payload: { case: "getCwd", value: { error: "" } } } },
    },
  },
});
golden("a resize", CloudshellMessageSchema, "2a 06  08 84 01  10 ac 02", {
  payload: { case: "terminalResize", value: { cols: 132, rows: 300 } },
});
golden("number 6 asks for the directory", WebShellMessageSchema, "32 00", {
  payload: { case: "getCwdMessage", value: {} },
});
golden("number 7 answers it", WebShellMessageSchema, "3a 03  0a 01 '/'", {
  payload: { case: "getCwdResponse", value: { path: "/" } },
});
golden("an error has number 8", WebShellMessageSchema, "42 05  0a 03 'end'", {
  payload: { case: "terminalError", value: { data: "end" } },
});
golden(
  "the file explorer has number 6",
  WebFilesMessageSchema,
  "32 0b  0a 01 '1'  12 06  1a 04  0a 02 '/t'",
  {
    payload: {
      case: "fileExplorer",
      value: {
        id: "1",
        payload: { case: "command", value: { payload: { case: "remove", value: { path: "/t" } } } },
      },
    },
  },
);

test("fields and oneof cases of a newer protocol are ignored", () => {
  expect(fromBinary(ExecResponseSchema, bytes("22 05 'pts/1'")).response.case).toBeUndefined();
  expect(fromBinary(HandshakeResponseSchema, bytes("0a 01 '1'  10 01  7a 01 'x'"))).toMatchObject({
    serverVersion: "1",
    accepted: true,
  });
});
