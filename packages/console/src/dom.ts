type Child = Node | string | undefined;

/** Makes an element. Properties are set as properties, `on…` functions as listeners, `data-…`/`aria-…` as attributes. */
export const element = <K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Record<string, unknown> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") node.addEventListener(name.slice(2), value as EventListener);
    else if (name.includes("-")) node.setAttribute(name, String(value));
    else Object.assign(node, { [name]: value });
  }
  node.append(...children.filter((child) => child !== undefined));
  return node;
};

const byId = (id: string): HTMLElement => {
  const node = document.getElementById(id);
  if (!node) throw new Error(`the page has no #${id}`);
  return node;
};

/** Replaces the page's main content and moves the focus there, for screen readers. */
export const show = (options: { title: string; wide?: boolean }, ...children: Child[]): void => {
  const view = byId("view");
  document.title = `${options.title} · k8shell`;
  view.className = options.wide ? "wide" : "";
  view.replaceChildren(...children.filter((child) => child !== undefined));
  view.focus();
};

export const showAccount = (...children: Node[]): void => byId("account").replaceChildren(...children);

let hide: ReturnType<typeof setTimeout> | undefined;

/** A short message at the foot of the page. */
export const notify = (message: string): void => {
  byId("notice").textContent = message;
  clearTimeout(hide);
  hide = setTimeout(() => {
    byId("notice").textContent = "";
  }, 8000);
};
