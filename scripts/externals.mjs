/** Not bundled into dist/: native code, WebAssembly, static files, and one large package that few need. */
export const externals = [
  "@cedar-policy/cedar-wasm",
  "@kubernetes/client-node",
  "@lydell/node-pty",
  "@node-rs/argon2",
  "swagger-ui-dist",
];
