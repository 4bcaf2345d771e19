import { Argument, type Command } from "commander";
import type { Cli } from "../cli.ts";
import type { Act } from "../program.ts";

export const shells = ["bash", "zsh", "fish"] as const;

export const addCompletion = (program: Command, act: Act): void => {
  program
    .command("completion")
    .description("print the script that completes this command in a shell")
    .addArgument(new Argument("<shell>", "the shell").choices(shells))
    .addHelpText(
      "after",
      `
Set it up once:
  bash  echo 'eval "$(k8shell completion bash)"' >> ~/.bashrc
  zsh   echo 'eval "$(k8shell completion zsh)"' >> ~/.zshrc      (after compinit)
  fish  k8shell completion fish > ~/.config/fish/completions/k8shell.fish`,
    )
    .action(act(() => import("../completion/script.ts").then(({ script }) => script)));
  // What the scripts ask. Words come behind --, as they would be read as this command's own otherwise.
  program
    .command("__complete", { hidden: true })
    .argument("[words...]")
    .action(
      act(() =>
        import("../completion/answer.ts").then(
          ({ answer }) =>
            (cli: Cli, words: readonly string[]) =>
              answer(cli, program, words),
        ),
      ),
    );
};
