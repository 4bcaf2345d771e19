import type { WireMessage } from "../../../../workspaced/test/bare/wire.ts";
import type { Case } from "./cases.ts";

const identity = (name: string) => `/identity.v1.IdentityService/${name}`;
const authz = (name: string) => `/authz.v1.AuthzService/${name}`;

/** OnboardRule { 1 id, 2 idp, 3 username_pattern, 4 org, 5 action, 6 priority, 17 status }. */
const rule: WireMessage = [
  [1, 4],
  [2, "idp.k8shell.io/github"],
  [3, "carol"],
  [4, "acme"],
  [5, "waitlist"],
  [6, 10],
  [17, "pending"],
];

/** Conditions that the organization of the path adds: { 1 field, 2 op IN, 3 values }. */
const inAcme: WireMessage[number] = [
  2,
  [
    [1, "org"],
    [2, 4],
    [3, "acme"],
  ],
];
/** How a rule is found, since Identity knows it by its id alone: Payload { 1 filters { 1 op AND, 2 conditions }, 3 page { 1 limit } }. */
const findRule = [
  identity("QueryOnboardRules"),
  [
    [
      1,
      [
        [1, [[1, 1], inAcme]],
        [3, [[1, 100]]],
      ],
    ],
  ],
] as const satisfies readonly [string, WireMessage];
const rules = { [identity("QueryOnboardRules")]: [[1, rule]] as WireMessage };
const ofRule = (action: string): Case["asks"] => [
  ["onboardrule", action, "onboardrule", "4", { org: "acme" }, {}],
];

/** A change of the rule that is found first. */
const onRule = (
  rpc: string,
  message: WireMessage,
  answer: WireMessage,
  rest: Case["rest"],
  action: string,
  status: number,
): Case => ({
  rest,
  calls: [findRule, [identity(rpc), message]],
  answers: { ...rules, [identity(rpc)]: answer },
  asks: ofRule(action),
  status,
});
const onboarding = "/organizations/acme/onboard-rules";

const workspace = "/workspaces/bob-97ed438";
const findWorkspace = ["/provisioner.v1.ProvisionerService/FindWorkspace", [[1, "bob-97ed438"]]] as const;
const read: Case["asks"] = [
  ["workspace", "workspace:read", "workspace", "bob-97ed438", { owner: "bob" }, {}],
];

export const further: Readonly<Record<string, Case>> = {
  QueryOnboardRules: {
    rest: [
      "POST",
      `${onboarding}/_query`,
      { filters: { op: "and", conditions: [{ field: "status", op: "eq", value: "pending" }] } },
    ],
    calls: [
      [
        identity("QueryOnboardRules"),
        [
          [
            1,
            [
              [
                1,
                [
                  [1, 1],
                  [
                    2,
                    [
                      [1, "status"],
                      [2, 1],
                      [3, "pending"],
                    ],
                  ],
                  inAcme,
                ],
              ],
            ],
          ],
        ],
      ],
    ],
    answers: rules,
    asks: [["onboardrule", "onboardrule:list", "onboardrule", "", { org: "acme" }, {}]],
    status: 200,
    json: [{ id: 4, org: "acme", status: "pending" }],
  },
  UpdateOnboardRule: onRule(
    "UpdateOnboardRule",
    [
      [1, 4],
      [2, "allow"],
      [3, 5],
    ],
    rule,
    ["PATCH", `${onboarding}/4`, { action: "allow", priority: 5 }],
    "onboardrule:update",
    200,
  ),
  DeleteOnboardRule: onRule(
    "DeleteOnboardRule",
    [[1, 4]],
    [[1, true]],
    ["DELETE", `${onboarding}/4`],
    "onboardrule:delete",
    204,
  ),
  // decided_by is the caller, whatever the client says.
  ApproveOnboardRequest: onRule(
    "ApproveOnboardRequest",
    [
      [1, 4],
      [2, "root"],
    ],
    [
      [1, "carol"],
      [2, "acme"],
    ],
    ["POST", `${onboarding}/4/approve`, {}],
    "onboardrule:update",
    200,
  ),
  RejectOnboardRequest: onRule(
    "RejectOnboardRequest",
    [
      [1, 4],
      [2, "root"],
      [3, "unknown to us"],
    ],
    rule,
    ["POST", `${onboarding}/4/reject`, { note: "unknown to us" }],
    "onboardrule:update",
    200,
  ),
  QueryOrganizations: {
    rest: ["POST", "/organizations/_query", { page: { limit: 5, offset: 10 } }],
    obligations: { org: "acme" },
    calls: [
      [
        identity("QueryOrganizations"),
        [
          [
            1,
            [
              [
                3,
                [
                  [1, 5],
                  [2, 10],
                ],
              ],
              // Obligations { 1 key, 2 value } come from the decision alone.
              [
                4,
                [
                  [1, "org"],
                  [2, "acme"],
                ],
              ],
            ],
          ],
        ],
      ],
    ],
    answers: {
      [identity("QueryOrganizations")]: [
        [1, [[1, "acme"]]],
        [1, [[1, "elsewhere"]]],
      ],
    },
    asks: [["org", "org:list", "org", "", {}, {}]],
    status: 200,
    json: [{ name: "acme" }],
  },
  DeleteOrganization: {
    rest: ["DELETE", "/organizations/acme"],
    calls: [
      [identity("GetOrganization"), [[1, "acme"]]],
      // GetUsersRequest { 1 limit, 5 org }: only an empty organization goes without a further word.
      [
        identity("GetUsers"),
        [
          [1, 100],
          [5, "acme"],
        ],
      ],
      [identity("DeleteOrganization"), [[1, "acme"]]],
    ],
    answers: {
      [identity("GetOrganization")]: [[1, "acme"]],
      [identity("GetUsers")]: [],
      [identity("DeleteOrganization")]: [[1, true]],
    },
    asks: [["org", "org:delete", "org", "acme", {}, {}]],
    status: 204,
  },
  RemoveUserAuthKey: {
    rest: ["DELETE", "/users/bob/keys/2"],
    calls: [
      [
        identity("RemoveUserAuthKey"),
        [
          [1, "bob"],
          [2, 2],
        ],
      ],
    ],
    answers: { [identity("RemoveUserAuthKey")]: [[1, "bob"]] },
    asks: [["user", "user:write", "user", "bob", {}, { data_type: "keys" }]],
    status: 204,
  },
  GetLogsStream: {
    rest: ["GET", `${workspace}/logs?component=shell&level=error&lastN=5`],
    calls: [
      findWorkspace,
      // SystemLogsStreamRequest { 1 component, 2 level, 4 last_n }.
      [
        "/k8shelld.SystemService/GetLogsStream",
        [
          [1, "shell"],
          [2, 4],
          [4, 5],
        ],
      ],
    ],
    answers: {
      "/k8shelld.SystemService/GetLogsStream": [
        [1, "2026-01-01T00:00:00Z"],
        [2, "shell"],
        [3, "error"],
        [4, "gone"],
        [5, 9],
      ],
    },
    asks: read,
    status: 200,
    json: { id: 9, time: "2026-01-01T00:00:00Z", component: "shell", level: "error", message: "gone" },
  },
  "GetLogsStream of an app": {
    rest: ["GET", `${workspace}/apps/code/logs?follow=true&logType=install`],
    calls: [
      findWorkspace,
      ["/k8shelld.AppService/ListApps", []],
      [
        "/k8shelld.AppService/GetLogsStream",
        [
          [1, "code"],
          [2, 1],
        ],
      ],
    ],
    answers: {
      "/k8shelld.AppService/ListApps": [[1, [[1, "code"]]]],
      "/k8shelld.AppService/GetLogsStream": [[1, "a line without its end"]],
    },
    asks: [
      [
        "workspace",
        "workspace:app",
        "workspace",
        "bob-97ed438",
        { owner: "bob", app: "code" },
        { op: "read" },
      ],
    ],
    status: 200,
  },
};

/** What goes to the policy service beside questions: which is taken apart from the calls of the other services. */
export const audit = {
  schema: { rest: ["GET", "/audit/_schema"], rpc: authz("GetAuditQuerySchema"), message: [] as WireMessage },
  query: {
    rest: ["POST", "/audit/_query", { page: { limit: 5, offset: 0 } }],
    rpc: authz("QueryAudit"),
    message: [
      [
        1,
        [
          [3, [[1, 5]]],
          [
            4,
            [
              [1, "org"],
              [2, "acme"],
            ],
          ],
        ],
      ],
    ] as WireMessage,
  },
} as const;
