import { type Html, html } from "./html.ts";

/** @param base what is in front of every path, e.g. `/k8shell`; mostly empty */
const page = (base: string, title: string, body: Html): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} · k8shell</title>
<link rel="stylesheet" href="${base}/signin/style.css">
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`.html;

const nothing = html``;

/** The password form. */
export const formPage = (o: {
  base: string;
  state: string;
  formToken: string;
  username: string;
  error?: string;
  /** The sign-in was begun by a command line, which the person should recognise. */
  forCommandLine: boolean;
}): string => {
  const error =
    o.error === undefined ? nothing : html`<p class="error" role="alert" id="problem">${o.error}</p>`;
  const note = o.forCommandLine
    ? html`<p class="note">You are signing in a command line client. Continue only if you started this yourself.</p>`
    : nothing;
  const described = o.error === undefined ? nothing : html` aria-describedby="problem" aria-invalid="true"`;
  // The first thing to type: the name, or the password when the name is known from the last attempt.
  const focusName = o.username === "" ? html` autofocus` : nothing;
  const focusPassword = o.username === "" ? nothing : html` autofocus`;
  return page(
    o.base,
    "Sign in",
    html`<h1>Sign in</h1>
<p>Use your k8shell account.</p>
${note}
${error}
<form method="post" action="${o.base}/signin">
<input type="hidden" name="state" value="${o.state}">
<input type="hidden" name="form_token" value="${o.formToken}">
<label for="username">Username</label>
<input id="username" name="username" type="text" value="${o.username}" autocomplete="username"
 autocapitalize="none" spellcheck="false" maxlength="63" required${focusName}${described}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="256"
 required${focusPassword}${described}>
<button type="submit">Sign in</button>
</form>`,
  );
};

/** The form for a new password. */
export const resetPage = (o: { base: string; token: string; error?: string }): string => {
  const error =
    o.error === undefined ? nothing : html`<p class="error" role="alert" id="problem">${o.error}</p>`;
  const described = o.error === undefined ? nothing : html` aria-describedby="problem" aria-invalid="true"`;
  return page(
    o.base,
    "Set a new password",
    html`<h1>Set a new password</h1>
${error}
<form method="post" action="${o.base}/signin/reset">
<input type="hidden" name="token" value="${o.token}">
<label for="password">New password</label>
<input id="password" name="password" type="password" autocomplete="new-password" minlength="8" maxlength="72"
 required autofocus${described}>
<label for="again">New password again</label>
<input id="again" name="again" type="password" autocomplete="new-password" minlength="8" maxlength="72"
 required${described}>
<button type="submit">Set password</button>
</form>`,
  );
};

/** A page that says what went wrong and what to do. */
export const messagePage = (o: { base: string; title: string; text: string; hint: string }): string =>
  page(
    o.base,
    o.title,
    html`<h1>${o.title}</h1>
<p>${o.text}</p>
<p>${o.hint}</p>
<a class="button" href="${o.base}/">Go to the start page</a>`,
  );
