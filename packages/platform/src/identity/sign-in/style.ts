/** The style sheet of the sign-in pages, served from its own path because the pages allow no inline style. */
export const styleSheet = `
:root { color-scheme: light dark; --bg: #f4f5f8; --card: #fff; --text: #1b1f2a; --muted: #5b6375; --line: #d5d9e3;
  --accent: #2f5bd7; --accent-text: #fff; --bad: #a3162b; --bad-bg: #fdecef; --note-bg: #eef3ff; }
@media (prefers-color-scheme: dark) {
  :root { --bg: #11141b; --card: #1a1f2a; --text: #e8ebf2; --muted: #a3abbd; --line: #394154; --accent: #8aa9ff;
    --accent-text: #0d1220; --bad: #ffb3bd; --bad-bg: #3a1b22; --note-bg: #1e2940; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--bg);
  color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 24rem; padding: 2rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 12px; }
h1 { margin: 0 0 .25rem; font-size: 1.35rem; }
p { margin: .5rem 0 1rem; color: var(--muted); }
label { display: block; margin: 1rem 0 .3rem; font-weight: 600; }
input { width: 100%; padding: .6rem .7rem; font: inherit; color: inherit; background: transparent;
  border: 1px solid var(--muted); border-radius: 8px; }
button, .button { display: inline-block; width: 100%; margin-top: 1.5rem; padding: .65rem 1rem; font: inherit;
  font-weight: 600; text-align: center; text-decoration: none; color: var(--accent-text); background: var(--accent);
  border: 0; border-radius: 8px; cursor: pointer; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.error, .note { margin: 1rem 0 0; padding: .6rem .8rem; border-radius: 8px; color: var(--text); }
.error { color: var(--bad); background: var(--bad-bg); }
.note { background: var(--note-bg); }
code { font-family: ui-monospace, monospace; }
`;
