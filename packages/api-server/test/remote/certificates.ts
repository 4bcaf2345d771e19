import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface CertificateFiles {
  readonly ca: string;
  readonly certFile: string;
  readonly keyFile: string;
  /** Signs a new certificate in place of the old one. */
  renew(): void;
}

const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** A CA, and a certificate of it for some names only, made with the openssl command. */
export const makeCertificateFiles = (dir: string, names: readonly string[]): CertificateFiles => {
  mkdirSync(dir, { recursive: true });
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: dir, stdio: "pipe" });
  openssl(
    "req",
    "-x509",
    ...key,
    "-keyout",
    "ca.key",
    "-out",
    "ca.crt",
    "-days",
    "2",
    "-subj",
    "/CN=Test CA",
  );
  const altNames = names.map((name) => (/^\d/.test(name) ? `IP:${name}` : `DNS:${name}`)).join();
  writeFileSync(join(dir, "ext"), `subjectAltName=${altNames}\n`);
  const renew = () => {
    openssl("req", ...key, "-keyout", "tls.key", "-out", "tls.csr", "-subj", "/CN=service");
    const ca = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"];
    openssl("x509", "-req", "-in", "tls.csr", ...ca, "-out", "tls.crt", "-days", "2", "-extfile", "ext");
  };
  renew();
  return { ca: join(dir, "ca.crt"), certFile: join(dir, "tls.crt"), keyFile: join(dir, "tls.key"), renew };
};
