import { useCallback, useEffect, useRef, useState } from "react";
import { newId } from "../app/new-id.ts";
import {
  addTab,
  allTerminals,
  type Direction,
  focus,
  parseLayout,
  remove,
  rename,
  replace,
  split,
  type TerminalLayout,
  type TerminalSpec,
} from "./layout.ts";
import type { Session } from "./session.ts";

const freshTerminal = (): TerminalSpec => ({ id: newId() });

/** The terminals of a workspace's page. They and their places outlive a reload: a browser's tab finds its own again. */
export interface Terminals {
  readonly layout: TerminalLayout;
  /** Of each terminal once it has been made. */
  session(id: string): Session | undefined;
  open(spec?: Omit<TerminalSpec, "id">): void;
  split(id: string, direction: Direction): void;
  /** Takes it off the page; whatever is to become of the shell was done before. */
  remove(id: string): void;
  /** Puts a new terminal in its place. */
  renew(id: string): void;
  rename(id: string, name: string): void;
  focus(id: string): void;
}

/** @param create makes the session of a terminal; it is called once for each */
export const useTerminals = (workspace: string, create: (spec: TerminalSpec) => Session): Terminals => {
  const key = `k8shell-terminals:${workspace}`;
  const [layout, setLayout] = useState<TerminalLayout>(() => {
    const kept = parseLayout(sessionStorage.getItem(key));
    return kept.tabs.length > 0 ? kept : addTab(kept, freshTerminal());
  });
  const [sessions, setSessions] = useState<ReadonlyMap<string, Session>>(new Map());
  const made = useRef(new Map<string, Session>());
  const make = useRef(create);
  make.current = create;

  useEffect(() => {
    sessionStorage.setItem(key, JSON.stringify(layout));
  }, [key, layout]);

  useEffect(() => {
    const wanted = allTerminals(layout);
    const map = made.current;
    let changed = false;
    for (const spec of wanted) {
      if (map.has(spec.id)) continue;
      map.set(spec.id, make.current(spec));
      changed = true;
    }
    for (const [id, session] of map) {
      if (wanted.some((spec) => spec.id === id)) continue;
      session.dispose();
      map.delete(id);
      changed = true;
    }
    if (changed) setSessions(new Map(map));
  }, [layout]);

  useEffect(
    () => () => {
      for (const session of made.current.values()) session.dispose();
      made.current.clear();
      setSessions(new Map());
    },
    [],
  );

  return {
    layout,
    session: (id) => sessions.get(id),
    open: useCallback((spec) => setLayout((before) => addTab(before, { ...freshTerminal(), ...spec })), []),
    split: useCallback(
      (id, direction) => setLayout((before) => split(before, id, direction, freshTerminal())),
      [],
    ),
    remove: useCallback((id) => setLayout((before) => remove(before, id)), []),
    renew: useCallback((id) => setLayout((before) => replace(before, id, freshTerminal())), []),
    rename: useCallback((id, name) => setLayout((before) => rename(before, id, name)), []),
    focus: useCallback((id) => setLayout((before) => focus(before, id)), []),
  };
};
