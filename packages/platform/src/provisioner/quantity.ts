const suffixes: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/**
 * The number a Kubernetes quantity stands for: `500m` is 0.5, `256Mi` is 268435456, `1e3` is 1000. Undefined when the
 * text is not a quantity or is negative.
 */
export const parseQuantity = (text: string): number | undefined => {
  const match = /^\+?(\d+(?:\.\d*)?|\.\d+)(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i))?$/.exec(text.trim());
  if (!match) return undefined;
  const [, number = "", exponent = "", suffix = ""] = match;
  const value = Number(number + exponent) * (suffixes[suffix] ?? 1);
  return Number.isFinite(value) ? value : undefined;
};

/** CPU in millicores, at least 1; undefined when not given or not a quantity. */
export const cpuMillicores = (text: string | undefined): number | undefined => {
  const cores = text === undefined ? undefined : parseQuantity(text);
  return cores === undefined || cores <= 0 ? undefined : Math.max(1, Math.round(cores * 1000));
};

/** Bytes, rounded up; undefined when not given or not a quantity. */
export const quantityBytes = (text: string | undefined): number | undefined => {
  const bytes = text === undefined ? undefined : parseQuantity(text);
  return bytes === undefined || bytes <= 0 ? undefined : Math.ceil(bytes);
};
