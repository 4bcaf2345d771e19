const key = "k8shell-blueprint-draft";

/** What was typed is there again after a reload of the tab. */
export const draft = {
  read: (): string | undefined => sessionStorage.getItem(key) ?? undefined,
  write: (text: string): void => sessionStorage.setItem(key, text),
};

/** A blueprint to begin with, over the given template. */
export const example = (template: string): string => `# .k8shell.yaml in the root of a repository
blueprint:
  template: ${template}
  description: What this workspace is for
  env:
    GREETING: hello
  initScripts:
    - name: tools
      script: |
        echo "set up what the repository needs"
  apps:
    preview:
      start: ["sh", "-c", "npm run dev -- --port 3000"]
      listen: 3000
`;
