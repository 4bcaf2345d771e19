import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  canonicalForm,
  canonicalId,
  canonicalKey,
  parseUserString,
  UserStringError,
  type UserStringProblem,
  userStringFromFields,
  workspaceName,
} from "./index.ts";
import { sha256Hex } from "./sha256.ts";

interface Vector {
  input: string;
  form: string;
  key: string;
  id: string;
  canonical?: string;
  name?: string;
}

const eve: Omit<Vector, "input"> = {
  form: "repo",
  key: "u=eve|r=acme/portal|ref=v1.2|bp=repo-acme-portal",
  id: "eve-5ec1ac8",
  canonical: "eve~ref=v1.2+repo=acme%2Fportal",
};
const bob: Omit<Vector, "input"> = {
  form: "explicit",
  key: "u=bob|bp=dev|workload=deployment/identity",
  id: "bob-04bc53f",
  name: "",
};

// The table of grpc-behaviour section 9.
const vectors: Vector[] = [
  { input: "alice", form: "implicit", key: "u=alice", id: "alice-a975fae", canonical: "alice" },
  { input: "  Alice~  ", form: "implicit", key: "u=alice", id: "alice-a975fae", canonical: "alice" },
  {
    input: "alice~dev",
    form: "explicit",
    key: "u=alice|bp=dev",
    id: "alice-59936c3",
    canonical: "alice~dev",
  },
  { input: "alice~dev+user=root", form: "explicit", key: "u=alice|bp=dev", id: "alice-59936c3" },
  {
    input: "Bob~Dev+USER=Root",
    form: "explicit",
    key: "u=bob|bp=Dev",
    id: "bob-97ed438",
    canonical: "bob~Dev+user=root",
  },
  {
    input: "alice~my%20Bp",
    form: "explicit",
    key: "u=alice|bp=my Bp",
    id: "alice-7a9e764",
    canonical: "alice~my%20Bp",
  },
  {
    ...bob,
    input: "bob~dev+workload=Deployment%2Fidentity+ns=team-a",
    canonical: "bob~dev+workload=deployment%2Fidentity+ns=team-a",
  },
  {
    ...bob,
    input: "bob~dev+workload=Deployment%2Fidentity+ns=Team-B",
    canonical: "bob~dev+workload=deployment%2Fidentity+ns=team-b",
  },
  {
    input: "carol~repo=myorg%2Fproject1",
    form: "repo",
    key: "u=carol|r=myorg/project1|bp=repo-myorg-project1",
    id: "carol-09c5ef1",
    canonical: "carol~repo=myorg%2Fproject1",
  },
  {
    input: "carol~repo=project1",
    form: "repo",
    key: "u=carol|r=carol/project1|bp=repo-carol-project1",
    id: "carol-773981c",
    canonical: "carol~repo=carol%2Fproject1",
  },
  { ...eve, input: "eve~repo=acme/portal+ref=v1.2" },
  { ...eve, input: "EVE~ref=V1.2+repo=Acme/Portal" },
  { ...eve, input: "b64-ZXZlfnJlcG89YWNtZS9wb3J0YWwrcmVmPXYxLjI" },
  { ...eve, input: "BASE64-ZXZlfnJlcG89YWNtZS9wb3J0YWwrcmVmPXYxLjI" },
  {
    input: "eve~repo=acme/portal+ref=feature%2FFoo",
    form: "repo",
    key: "u=eve|r=acme/portal|ref=feature/foo|bp=repo-acme-portal",
    id: "eve-8222304",
    canonical: "eve~ref=feature%2Ffoo+repo=acme%2Fportal",
  },
  {
    input: "alice~repo=org/proj+workload=Deployment%2Fidentity+ns=k8s-test",
    form: "repo",
    key: "u=alice|r=org/proj|bp=repo-org-proj|workload=deployment/identity",
    id: "alice-028139a",
    canonical: "alice~ns=k8s-test+repo=org%2Fproj+workload=deployment%2Fidentity",
    name: "",
  },
  {
    input: "alice~repo=org/proj+ref=main+workload=StatefulSet%2Fdb+ns=prod+user=root",
    form: "repo",
    key: "u=alice|r=org/proj|ref=main|bp=repo-org-proj|workload=statefulset/db",
    id: "alice-ca10a6e",
    canonical: "alice~ns=prod+ref=main+repo=org%2Fproj+user=root+workload=statefulset%2Fdb",
    name: "",
  },
  {
    input: "alice~pod=Workspace1+ns=team-a",
    form: "named",
    key: "u=alice",
    id: "alice-a975fae",
    name: "workspace1",
  },
  { input: "alice~repo=a/b/c", form: "repo", key: "u=alice|r=a/b/c|bp=repo-a-b/c", id: "alice-3ac48c3" },
  {
    input: "alice~dev+workload=deployment+ns=x",
    form: "explicit",
    key: "u=alice|bp=dev|workload=deployment/",
    id: "alice-46513a2",
    name: "",
  },
  {
    input: "alice~repo=k8shell-io/docs+ref=main",
    form: "repo",
    key: "u=alice|r=k8shell-io/docs|ref=main|bp=repo-k8shell-io-docs",
    id: "alice-08855e0",
  },
  {
    input: "alice~repo=k8shell-io/docs+ref=dev",
    form: "repo",
    key: "u=alice|r=k8shell-io/docs|ref=dev|bp=repo-k8shell-io-docs",
    id: "alice-0020d77",
  },
  {
    input: "alice~repo=/x",
    form: "repo",
    key: "u=alice|bp=repo--x",
    id: "alice-221f409",
    canonical: "alice~repo--x",
  },
  { input: "alice~dev~x", form: "explicit", key: "u=alice|bp=dev~x", id: "alice-feaee05" },
];

const problemOf = (work: () => unknown): UserStringProblem | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof UserStringError) return error.problem;
    throw error;
  }
};

describe("a user string", () => {
  it.each(vectors)("$input has the documented form, key, id and canonical form", (vector) => {
    const user = parseUserString(vector.input);
    expect(user.form).toBe(vector.form);
    expect(canonicalKey(user)).toBe(vector.key);
    expect(canonicalId(user)).toBe(vector.id);
    if (vector.canonical !== undefined) expect(canonicalForm(user)).toBe(vector.canonical);
    expect(workspaceName(user)).toBe(vector.name ?? vector.id);
  });

  it.each(vectors)("$input keeps its id when its canonical form is parsed", (vector) => {
    const user = parseUserString(vector.input);
    const again = parseUserString(canonicalForm(user));
    expect(canonicalId(again)).toBe(vector.id);
    expect(canonicalForm(again)).toBe(canonicalForm(user));
  });

  it.each<[string, UserStringProblem]>([
    ["", "malformed"],
    ["~dev", "malformed"],
    ["alice~dev+", "malformed"],
    ["alice~repo=a=b", "malformed"],
    ["alice~%zz", "malformed"],
    ["alice~dev+ns=x", "invalid"],
    ["alice~ns=x", "invalid"],
    ["alice~user=root", "invalid"],
    ["alice~pod=", "invalid"],
    ["alice~pod=p+ref=main", "invalid"],
    ["alice~repo=a/b+pod=p", "invalid"],
    ["alice~foo=bar", "invalid"],
    ["alice~repo=org/", "invalid"],
    ["alice~repo=", "invalid"],
    ["alice~dev+workload=deployment/x", "invalid"],
    ["alice~dev+repo=x", "invalid"],
    ["b64-***", "encoding"],
    ["b64-YWxpY2U=", "encoding"],
    ["b64-YWxpY", "encoding"],
    ["a".repeat(129), "too-long"],
  ])("%j is refused as %s", (input, problem) => {
    expect(problemOf(() => parseUserString(input))).toBe(problem);
  });

  it.each(["alice~dev%2Bx", "alice~repo=o/p+ref=a%2Bb", "alice~a%3Db"])(
    "%s parses but has no canonical form, because the escape keeps the separator",
    (input) => {
      const user = parseUserString(input);
      expect(problemOf(() => canonicalForm(user))).toBeDefined();
    },
  );

  it("refuses a canonical form that grew over the limit", () => {
    const user = parseUserString(`alice~${"é".repeat(60)}`);
    expect(problemOf(() => canonicalForm(user))).toBe("too-long");
  });

  it("counts code points, not UTF-16 units", () => {
    expect(parseUserString(`a~${"😀".repeat(126)}`).blueprint).toHaveLength(252);
    expect(problemOf(() => parseUserString(`a~${"😀".repeat(127)}`))).toBe("too-long");
  });

  it("trims the next-line character but not a byte order mark", () => {
    expect(parseUserString("\u0085alice\u0085").username).toBe("alice");
    expect(parseUserString("\ufeffalice").username).toBe("\ufeffalice");
  });

  it("lowers one code point to one", () => {
    expect(parseUserString("ΑΣ").username).toBe("ας".replace("ς", "σ"));
    expect(parseUserString("İ").username).toBe("i");
  });

  it("keeps bytes that are not UTF-8 in a blueprint and replaces them where values are lowered", () => {
    const user = parseUserString("alice~%ff");
    const hash = createHash("sha256").update(Buffer.from("u=alice|bp=\xff", "latin1")).digest("hex");
    expect(canonicalId(user)).toBe(`alice-${hash.slice(0, 7)}`);
    expect(canonicalForm(user)).toBe("alice~%FF");
    expect(parseUserString("alice~repo=a/%ff%fe").repoName).toBe("\ufffd\ufffd");
  });

  it("unwraps a wrapper inside a wrapper", () => {
    const inner = `b64-${Buffer.from("alice~dev").toString("base64url")}`;
    expect(canonicalId(parseUserString(`b64-${Buffer.from(inner).toString("base64url")}`))).toBe(
      "alice-59936c3",
    );
  });

  it("takes the last of a repeated parameter", () => {
    expect(parseUserString("alice~repo=a/b+repo=c/d").repoOwner).toBe("c");
  });
});

describe("a user string built from REST fields", () => {
  it("names a blueprint with its case kept", () => {
    expect(userStringFromFields({ username: "Bob", blueprint: "My Bp" })).toBe("bob~My%20Bp");
  });

  it("defaults the repository owner to the user", () => {
    expect(userStringFromFields({ username: "carol", repoName: "Project1" })).toBe(
      "carol~repo=carol%2Fproject1",
    );
  });

  it("carries ref, workload and namespace", () => {
    const text = userStringFromFields({
      username: "alice",
      repoOwner: "Org",
      repoName: "Proj",
      repoRef: "main",
      workloadKind: "StatefulSet",
      workloadName: "db",
      namespace: "Prod",
    });
    expect(text).toBe("alice~repo=org%2Fproj+ref=main+workload=StatefulSet%2Fdb+ns=prod");
    expect(canonicalId(parseUserString(text))).toBe("alice-ca10a6e");
  });

  it("does not let a value bring parameters of its own", () => {
    const text = userStringFromFields({ username: "bob", blueprint: "dev+user=root" });
    expect(parseUserString(text)).toMatchObject({ blueprint: "dev+user=root", runAs: "" });
    expect(problemOf(() => canonicalForm(parseUserString(text)))).toBeDefined();
  });

  it("is the user alone when nothing else is given", () => {
    expect(userStringFromFields({ username: "alice", blueprint: "" })).toBe("alice");
  });

  it.each([
    { username: "" },
    { username: "a~b", blueprint: "dev" },
    { username: "a", blueprint: "dev", repoName: "x" },
    { username: "a", repoOwner: "x" },
    { username: "a", repoRef: "main" },
    { username: "a", workloadKind: "Deployment", workloadName: "x", namespace: "ns" },
    { username: "a", blueprint: "dev", workloadKind: "Deployment", workloadName: "x" },
    { username: "a", blueprint: "dev", workloadKind: "Deployment", namespace: "x" },
    { username: "a", blueprint: "dev", namespace: "x" },
    { username: "a", blueprint: "dev", pod: "p" },
  ])("%j is refused", (fields) => {
    expect(problemOf(() => userStringFromFields(fields))).toBe("invalid");
  });
});

describe("sha256Hex", () => {
  it.each([0, 1, 55, 56, 63, 64, 65, 119, 120, 1000])(
    "agrees with the platform's SHA-256 on %i bytes",
    (size) => {
      const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 7 + size) % 256);
      expect(sha256Hex(bytes)).toBe(createHash("sha256").update(bytes).digest("hex"));
    },
  );
});
