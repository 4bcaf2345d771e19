import type { Cli } from "../cli.ts";
import { write } from "../io.ts";

/**
 * Each asks `k8shell __complete -- WORDS…` with the words up to the cursor. The answer is a line `value<TAB>description`
 * each, and a last line with a colon and what else to do: `:files` (names of files as well), `:nospace` (the word goes
 * on), `:` (nothing).
 */
const scripts: Readonly<Record<string, string>> = {
  bash: `# Completes k8shell in bash.
COMP_WORDBREAKS=\${COMP_WORDBREAKS//:/}
COMP_WORDBREAKS=\${COMP_WORDBREAKS//=/}
_k8shell() {
  local line word
  local -a words=()
  COMPREPLY=()
  # What the words stand for, without quotes.
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD}"; do
    case $word in
      [\\"\\']*) word=\${word#?} word=\${word%[\\"\\']} ;;
    esac
    IFS= read word <<<"$word"
    words+=("$word")
  done
  while IFS= read -r line; do
    case $line in
      :files) compopt -o default 2>/dev/null ;;
      :nospace) compopt -o nospace 2>/dev/null ;;
      :) ;;
      *)
        line=\${line%%$'\\t'*}
        # Names of files may hold what the shell would read otherwise, and come from anywhere.
        case \${COMP_WORDS[COMP_CWORD]} in
          \\"*) case $line in *[\\"\\$\\\`\\\\!]*) continue ;; esac ;;
          \\'*) case $line in *\\'*) continue ;; esac ;;
          *) printf -v line %q "$line" ;;
        esac
        COMPREPLY+=("$line")
        ;;
    esac
  done < <(k8shell __complete -- "\${words[@]}" 2>/dev/null)
}
complete -F _k8shell k8shell
`,
  zsh: `#compdef k8shell
# Completes k8shell in zsh.
_k8shell() {
  local line value text
  local -a candidates flags
  while IFS= read -r line; do
    case $line in
      :files) _files ;;
      :nospace) flags=(-S '') ;;
      :) ;;
      *)
        value=\${line%%$'\\t'*}
        text=\${line#*$'\\t'}
        candidates+=("\${value//:/\\\\:}:$text")
        ;;
    esac
  done < <(k8shell __complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)
  _describe -t k8shell k8shell candidates $flags
}
compdef _k8shell k8shell
`,
  fish: `# Completes k8shell in fish.
function __k8shell_complete
    set -l words (commandline -opc)
    set -e words[1]
    set -l current (commandline -ct | string unescape)
    for line in (k8shell __complete -- $words "$current" 2>/dev/null)
        switch $line
            case :files
                __fish_complete_path "$current"
            case : :nospace
            case '*'
                echo $line
        end
    end
end
complete -c k8shell -f -a '(__k8shell_complete)'
`,
};

/** Writes the script of a shell. */
export const script = async (cli: Cli, shell: string): Promise<void> => {
  await write(cli.io.stdout, scripts[shell] ?? "");
};
