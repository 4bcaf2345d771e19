import type { Principal } from "../auth/principal.ts";
import type { Answer } from "./answer.ts";
import type { RequestHead } from "./head.ts";
import type { AppHost } from "./label.ts";
import type { Way } from "./way.ts";

/** Where an app is, as everybody names it. */
export interface AppPlace {
  readonly workspace: string;
  readonly port: number;
}

/** Leave to use one port of one workspace, for a short time. */
export interface Grant extends AppPlace, Way {
  /** Undefined where nobody is signed in: public ports and links. */
  readonly principal: Principal | undefined;
  /** Whose workspace it is. */
  readonly owner: string;
  /** Still good? Asks again who the caller is and whether they may; while nobody can tell, it is. */
  mayStay(): Promise<boolean>;
}

export type Admission =
  | {
      readonly kind: "admit";
      readonly grant: Grant;
      /** `Authorization` holds a token of ours, which is not for the app. */
      readonly hidesAuthorization: boolean;
    }
  | { readonly kind: "answer"; readonly answer: Answer };

/**
 * Decides about one request to an app host. Callers known from moments ago are answered without a promise.
 * Never throws: what goes wrong is an answer.
 * @param address of the client
 */
export type Admit = (head: RequestHead, host: AppHost, address: string) => Admission | Promise<Admission>;
