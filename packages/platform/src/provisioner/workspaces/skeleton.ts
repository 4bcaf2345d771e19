import { chown, copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const profile = `# Read by login shells.
if [ -n "\${BASH_VERSION-}" ] && [ -f "$HOME/.bashrc" ]; then
  . "$HOME/.bashrc"
fi
# The machine's own start-up files may have set PATH anew.
case ":$PATH:" in
  *":\${K8SHELL_TOOLS:-/opt/k8shell/bin}:"*) ;;
  *) PATH="\${K8SHELL_TOOLS:-/opt/k8shell/bin}:$PATH" ;;
esac
case ":$PATH:" in
  *":$HOME/.local/bin:"*) ;;
  *) PATH="$HOME/.local/bin:$PATH" ;;
esac
export PATH
`;

const plainBashrc = `# Read by interactive shells.
case $- in *i*) ;; *) return ;; esac
HISTCONTROL=ignoreboth
HISTSIZE=10000
shopt -s histappend checkwinsize
PS1='\\u@\\h:\\w\\$ '
alias ls='ls --color=auto'
`;

/** Puts start-up files into a new home directory. */
export const fillNewHome = async (home: string, uid: number | undefined): Promise<void> => {
  const bashrc = join(home, ".bashrc");
  await copyFile("/etc/skel/.bashrc", bashrc).catch(() => writeFile(bashrc, plainBashrc));
  await writeFile(join(home, ".profile"), profile);
  if (uid === undefined) return;
  for (const name of [".bashrc", ".profile"]) await chown(join(home, name), uid, uid);
};
