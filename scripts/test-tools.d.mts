export declare const testTools: {
  readonly helm: string;
  kubernetesSchemas(version: string): string;
};
export declare const installTestTools: (say: (line: string) => void) => void;
