/** Every value that a form has under a name, e.g. of a list of tick boxes. */
export const allNames = (form: FormData, name: string): string[] =>
  form.getAll(name).filter((value) => typeof value === "string");
