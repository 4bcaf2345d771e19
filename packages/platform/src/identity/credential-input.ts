import { Code, RpcError } from "@k8shell/rpc";

const kubernetesName = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;
const limits = { scope: 512, subject: 256, secret: 64 * 1024 } as const;

export type CredentialService = "git" | "registry" | "kubernetes";

/** The parts of a credential that a client may write. */
export interface CredentialInput {
  scope?: string;
  subject?: string;
  secret?: string;
}

const invalid = (message: string) => new RpcError(Code.InvalidArgument, message);

/** Checks the parts that are present. @throws RpcError InvalidArgument */
export const checkCredential = (service: CredentialService, input: CredentialInput): void => {
  for (const field of ["scope", "subject", "secret"] as const) {
    const value = input[field];
    if (value === undefined) continue;
    if (value === "") throw invalid(`${field} must not be empty`);
    if (Buffer.byteLength(value) > limits[field]) throw invalid(`${field} is too long`);
    // Credential helpers speak line protocols; a line break would smuggle a second answer into one.
    const forbidden = field === "secret" && service === "registry" ? /\0/ : /[\u0000-\u001f\u007f]/;
    if (forbidden.test(value)) throw invalid(`${field} has a control character`);
  }
  if (service !== "kubernetes") return;
  if (input.secret !== undefined) throw invalid("a Kubernetes credential has no secret");
  for (const name of [input.scope, input.subject])
    if (name !== undefined && !kubernetesName.test(name))
      throw invalid("scope is a namespace and subject a service account name");
};

/** As the contract has it, an empty field of a new credential answers Internal (grpc-behaviour section 6 "Credentials"). */
export const checkNewCredential = (service: CredentialService, input: CredentialInput): void => {
  if (Object.values(input).some((value) => value === ""))
    throw new RpcError(Code.Internal, "scope, subject and secret must not be empty");
  checkCredential(service, input);
};
