import { create } from "@bufbuild/protobuf";
import { actions } from "@k8shell/contract";
import { WorkspaceDetailsSchema } from "@k8shell/contract/gen/common/v1/common_pb.js";
import { expect, test } from "vitest";
import { confirmPaths } from "./confirm-paths.ts";

const workspace = create(WorkspaceDetailsSchema, { name: "ann-1", username: "ann" });

test.each([
  ["a path that leads where it says", "/home/ann/a", "/home/ann/a", true, 0],
  ["a link", "/home/ann/link", "/home/ann/.ssh", true, 1],
  ["a link, of a policy service that looks at no paths", "/home/ann/link", "/home/ann/.ssh", false, 0],
])("%s", async (_what, written, real, policyReadsFacts, questions) => {
  const asked: unknown[] = [];
  const context = {
    target: { workspace, username: undefined, job: undefined },
    policyReadsFacts,
    authorize: async (...question: unknown[]) => {
      asked.push(question);
      return {};
    },
  };
  await confirmPaths(context, actions.filesDownload, { path: written }, { path: real });
  expect(asked).toHaveLength(questions);
});
