import { api, followJob, type JobEvent, type Profile, type Workspace } from "./api.ts";
import { element, notify, show } from "./dom.ts";
import { showTerminal } from "./terminal-view.ts";

const refreshEveryMs = 4000;

const failed = (error: unknown) => notify(error instanceof Error ? error.message : String(error));

/** The list of workspaces, with the form that creates one. */
export const showWorkspaces = async (profile: Profile): Promise<void> => {
  const list = element("div", {});
  const progress = element("div", {});
  let timer: ReturnType<typeof setInterval> | undefined;

  const leaveTo = (next: () => void) => {
    clearInterval(timer);
    next();
  };

  const row = (workspace: Workspace): HTMLElement => {
    const running = workspace.status === "Running";
    const act = (question: string, action: () => Promise<unknown>) => async () => {
      if (!confirm(question)) return;
      await action().then(refresh, failed);
    };
    return element(
      "section",
      { className: "card row", "aria-label": workspace.name },
      element(
        "div",
        { className: "grow" },
        element("strong", {}, workspace.name),
        element("div", { className: "quiet" }, `${workspace.blueprint} · ${workspace.username}`),
      ),
      element("span", { className: "status", "data-status": workspace.status }, workspace.status),
      running
        ? element(
            "button",
            {
              type: "button",
              className: "primary",
              onclick: () => leaveTo(() => showTerminal(workspace.name, () => void showWorkspaces(profile))),
            },
            "Open terminal",
          )
        : element("button", { type: "button", onclick: () => void create(workspace.blueprint) }, "Start"),
      element(
        "button",
        {
          type: "button",
          disabled: !running,
          onclick: act(`Stop ${workspace.name}? Programs in it end; its files stay.`, () =>
            api.stop(workspace.name),
          ),
        },
        "Stop",
      ),
      element(
        "button",
        {
          type: "button",
          className: "danger",
          onclick: act(`Delete ${workspace.name}? Its files are lost for ever.`, () =>
            api.remove(workspace.name),
          ),
        },
        "Delete",
      ),
    );
  };

  const refresh = async () => {
    const workspaces = await api.workspaces();
    list.replaceChildren(
      ...(workspaces.length > 0
        ? workspaces.map(row)
        : [
            element(
              "p",
              { className: "quiet" },
              "No workspaces yet. Create one above: it takes a second or two.",
            ),
          ]),
    );
  };

  const create = async (blueprint: string) => {
    const bar = element("progress", { max: 100, value: 0, "aria-label": "Progress" });
    const events = element("ol", { className: "events" });
    const title = element("strong", {}, `Creating a workspace from ${blueprint}…`);
    progress.replaceChildren(element("div", { className: "card" }, title, bar, events));
    try {
      const job = await api.create(profile.username, blueprint);
      const status = await followJob(job.monitorUrl, (event: JobEvent) => {
        if (event.type === "progress") bar.value = Number(event.status);
        else events.append(element("li", {}, [event.status, event.message].filter(Boolean).join(": ")));
        events.scrollTop = events.scrollHeight;
      });
      await refresh();
      if (status === "Running") progress.replaceChildren();
      else title.textContent = `${job.workspace} did not start.`;
    } catch (error) {
      progress.replaceChildren();
      failed(error);
    }
  };

  const blueprints = await api.blueprints();
  const choice = element(
    "select",
    { id: "blueprint" },
    ...blueprints.map((name) => element("option", { value: name }, name)),
  );
  show(
    { title: "Workspaces" },
    element("h1", {}, "Workspaces"),
    element(
      "form",
      {
        className: "card row",
        onsubmit: (event: Event) => {
          event.preventDefault();
          void create(choice.value);
        },
      },
      element("label", { htmlFor: "blueprint" }, "Blueprint"),
      choice,
      element("button", { className: "primary", disabled: blueprints.length === 0 }, "Create workspace"),
      blueprints.length === 0
        ? element(
            "span",
            { className: "quiet" },
            "No blueprint is open to you: ask an administrator for a role.",
          )
        : undefined,
    ),
    progress,
    list,
  );
  await refresh().catch(failed);
  timer = setInterval(() => void refresh().catch(failed), refreshEveryMs);
};
