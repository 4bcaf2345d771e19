import type { Answer } from "./answer.ts";
import type { RequestHead } from "./head.ts";
import type { AppHost } from "./label.ts";
import type { Rewriter } from "./rewrite.ts";
import type { UpstreamTarget } from "./upstreams.ts";

/** Leave to use one port of one workspace, for a short time. */
export interface Grant {
  readonly workspace: string;
  readonly port: number;
  /** Undefined where nobody is signed in. */
  readonly username: string | undefined;
  readonly target: UpstreamTarget;
  readonly rewriter: Rewriter;
  /** Still good? Asks again who the caller is and whether they may. */
  recheck(): Promise<boolean>;
}

export type Admission =
  | { readonly kind: "admit"; readonly grant: Grant }
  | { readonly kind: "answer"; readonly answer: Answer };

/** Facts of the connection a request came on. */
export interface Peer {
  readonly address: string;
}

/**
 * Decides about one request to an app host. Callers known from moments ago are answered without a promise.
 * Never throws: what goes wrong is an answer.
 */
export type Admit = (head: RequestHead, host: AppHost, peer: Peer) => Admission | Promise<Admission>;
