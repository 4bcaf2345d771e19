import type { FileInfo, WorkspaceDetails } from "@k8shell/sdk";
import { clsx } from "clsx";
import {
  CornerLeftUp,
  Eye,
  EyeOff,
  FolderPlus,
  FolderUp,
  House,
  LocateFixed,
  RefreshCw,
  Upload,
} from "lucide-react";
import { type DragEvent, useEffect, useRef, useState } from "react";
import { k8shell } from "../app/server.ts";
import { useMay } from "../app/use-may.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { IconButton } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/dialog.tsx";
import { Failure } from "../ui/page.tsx";
import { useToasts } from "../ui/toast.tsx";
import { useRefresh } from "../ui/use-refresh.ts";
import { droppedFiles, mostFiles, pickedFiles } from "./dropped-files.ts";
import { FileTree } from "./file-tree.tsx";
import { NameDialog } from "./name-dialog.tsx";
import { PathBar } from "./path-bar.tsx";
import { joinPath, nameOf, parentOf, shellWord } from "./paths.ts";
import { PreviewDialog } from "./preview-dialog.tsx";
import { downloadAddress, home } from "./queries.ts";
import { useUploads } from "./uploads.tsx";
import { useTree } from "./use-tree.ts";

const followKey = "k8shell-files-follow";
const hiddenKey = "k8shell-files-hidden";

/** Browsers know it, React's types do not. */
const wholeFolders = { webkitdirectory: "" };

/** What is being asked about. */
type Asking =
  | { readonly what: "rename" | "delete" | "preview"; readonly entry: FileInfo }
  | { readonly what: "folder"; readonly directory: string };

/** The files of a workspace: a tree, and what can be done with what is in it. */
export const FilesPanel = ({
  workspace,
  shown,
  directory,
  onType,
}: {
  workspace: WorkspaceDetails;
  shown: boolean;
  /** Where the shell is; empty or undefined while that is not known. */
  directory: string | undefined;
  /** Types into the terminal. */
  onType(text: string): void;
}) => {
  const { t } = useI18n();
  const toasts = useToasts();
  const uploads = useUploads();
  const may = useMay(workspace.username);
  const { name } = workspace;
  const [root, setRoot] = useState(home);
  const [follow, setFollow] = useState(() => localStorage.getItem(followKey) !== "no");
  const [hidden, setHidden] = useState(() => localStorage.getItem(hiddenKey) === "yes");
  const focusTree = useRef((_path: string | undefined) => {});
  /** The path that what was asked about has now. */
  const renamed = useRef<string>(undefined);
  const [asking, setAsking] = useState<Asking>();
  /** The directory that dropped files would go to. */
  const [target, setTarget] = useState<string>();
  const fileInput = useRef<HTMLInputElement>(null);
  const folderInput = useRef<HTMLInputElement>(null);
  const pickTarget = useRef("");

  const readRefusal = may("workspace:files:download").refusal;
  const writeRefusal = may("workspace:files:upload").refusal;
  const tree = useTree(name, root, hidden, shown && readRefusal === undefined);
  const rootPath = tree.rootPath;
  const shownPath = useRef(rootPath);
  shownPath.current = rootPath;

  useEffect(() => {
    // Where it is shown already it is not read anew under another name.
    if (follow && directory) setRoot((now) => (directory === shownPath.current ? now : directory));
  }, [follow, directory]);

  const returnFocus = () => {
    focusTree.current(renamed.current);
    renamed.current = undefined;
  };
  const refresh = useRefresh(["files", name]);
  const goTo = (path: string) => {
    setRoot(path);
    // Whoever goes elsewhere does not want to be brought back by the shell at once.
    if (path !== directory) setFollow(false);
  };
  const remember = (key: string, on: boolean) => localStorage.setItem(key, on ? "yes" : "no");
  const send = (into: string, files: ReturnType<typeof pickedFiles>) => {
    if (files.length >= mostFiles) toasts.say(t("files.upload.many", { count: mostFiles }));
    uploads.add(name, into, files);
  };
  const pick = (input: HTMLInputElement | null, into: string) => {
    pickTarget.current = into;
    input?.click();
  };
  const directoryOf = (entry: FileInfo) => (entry.isDir ? entry.path : parentOf(entry.path));

  const dragTarget = (event: DragEvent): string | undefined => {
    if (writeRefusal !== undefined || !event.dataTransfer.types.includes("Files")) return undefined;
    const row = event.target instanceof Element ? event.target.closest("[data-directory]") : null;
    return row?.getAttribute("data-directory") ?? rootPath;
  };
  const onDragOver = (event: DragEvent) => {
    const into = dragTarget(event);
    if (into === undefined) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    setTarget(into);
  };
  const onDrop = (event: DragEvent) => {
    const into = dragTarget(event);
    setTarget(undefined);
    if (into === undefined) return;
    event.preventDefault();
    droppedFiles(event.dataTransfer)
      .then((files) => send(into, files))
      .catch(toasts.fail);
  };

  if (readRefusal !== undefined) return <p className="p-4 text-sm text-quiet">{readRefusal}</p>;
  const input = () => ({
    type: "file",
    multiple: true,
    hidden: true,
    onChange: (event: { currentTarget: HTMLInputElement }) => {
      send(pickTarget.current, pickedFiles(event.currentTarget.files));
      event.currentTarget.value = "";
    },
  });

  return (
    <section
      aria-label={t("files.title")}
      className={clsx(
        "flex size-full flex-col bg-paper",
        target !== undefined && "ring-2 ring-accent ring-inset",
      )}
      onDragOver={onDragOver}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setTarget(undefined);
      }}
      onDrop={onDrop}
    >
      <input ref={fileInput} {...input()} />
      <input ref={folderInput} {...input()} {...wholeFolders} />
      <div
        role="toolbar"
        aria-label={t("files.toolbar")}
        className="flex flex-wrap items-center border-b border-line px-1 [&>button]:min-h-8 [&>button]:min-w-7 [&>button]:px-1.5"
      >
        <IconButton label={t("files.home")} onClick={() => goTo(home)}>
          <House size={16} aria-hidden />
        </IconButton>
        <IconButton
          label={t("files.up")}
          disabled={rootPath === undefined || rootPath === "/"}
          onClick={() => goTo(parentOf(rootPath ?? "/"))}
        >
          <CornerLeftUp size={16} aria-hidden />
        </IconButton>
        <IconButton
          label={t("files.follow")}
          aria-pressed={follow}
          className="aria-pressed:bg-accent-soft aria-pressed:text-accent"
          onClick={() => {
            remember(followKey, !follow);
            setFollow(!follow);
          }}
        >
          <LocateFixed size={16} aria-hidden />
        </IconButton>
        <IconButton
          label={t("files.hidden")}
          aria-pressed={hidden}
          className="aria-pressed:bg-accent-soft aria-pressed:text-accent"
          onClick={() => {
            remember(hiddenKey, !hidden);
            setHidden(!hidden);
          }}
        >
          {hidden ? <Eye size={16} aria-hidden /> : <EyeOff size={16} aria-hidden />}
        </IconButton>
        <IconButton label={t("files.refresh")} onClick={() => void refresh()}>
          <RefreshCw size={16} aria-hidden />
        </IconButton>
        <span className="grow" />
        <IconButton
          label={t("files.newFolder")}
          refusal={writeRefusal}
          onClick={() => setAsking({ what: "folder", directory: rootPath ?? home })}
        >
          <FolderPlus size={16} aria-hidden />
        </IconButton>
        <IconButton
          label={t("files.upload")}
          refusal={writeRefusal}
          onClick={() => pick(fileInput.current, rootPath ?? home)}
        >
          <Upload size={16} aria-hidden />
        </IconButton>
        <IconButton
          label={t("files.uploadFolder")}
          refusal={writeRefusal}
          onClick={() => pick(folderInput.current, rootPath ?? home)}
        >
          <FolderUp size={16} aria-hidden />
        </IconButton>
      </div>
      <PathBar path={rootPath ?? "/"} onGo={goTo} />
      {tree.problem ? (
        <div className="p-3">
          <Failure error={tree.problem} onRetry={() => goTo(home)} />
        </div>
      ) : (
        <FileTree
          tree={tree}
          target={target}
          focusTree={focusTree}
          workspace={name}
          writeRefusal={writeRefusal}
          actions={{
            preview: (entry) => setAsking({ what: "preview", entry }),
            rename: (entry) => setAsking({ what: "rename", entry }),
            remove: (entry) => setAsking({ what: "delete", entry }),
            newFolder: (entry) => setAsking({ what: "folder", directory: directoryOf(entry) }),
            upload: (entry) => pick(fileInput.current, directoryOf(entry)),
            goTo: (entry) => goTo(entry.path),
            enter: (entry) => onType(`cd ${shellWord(directoryOf(entry))}\r`),
            insert: (entry) => onType(`${shellWord(entry.path)} `),
            download: (entry, format) => {
              const link = document.createElement("a");
              link.href = downloadAddress(name, entry.path, format);
              link.download = "";
              link.click();
            },
          }}
        />
      )}
      {asking?.what === "preview" ? (
        <PreviewDialog
          workspace={name}
          entry={asking.entry}
          onClose={() => setAsking(undefined)}
          returnFocus={returnFocus}
        />
      ) : null}
      {asking?.what === "folder" ? (
        <NameDialog
          title={t("files.newFolder.in", { name: nameOf(asking.directory) })}
          action={t("files.create")}
          onClose={() => setAsking(undefined)}
          returnFocus={returnFocus}
          onName={async (folder) => {
            const made = await k8shell.api.makeDirectory({ name, path: joinPath(asking.directory, folder) });
            renamed.current = made.path;
            if (asking.directory !== rootPath) tree.setExpanded(asking.directory, true);
            await refresh();
          }}
        />
      ) : null}
      {asking?.what === "rename" ? (
        <NameDialog
          title={t("files.rename.of", { name: asking.entry.name })}
          action={t("files.rename")}
          initial={asking.entry.name}
          onClose={() => setAsking(undefined)}
          returnFocus={returnFocus}
          onName={async (to) => {
            const { path } = asking.entry;
            const moved = await k8shell.api.moveFile({ name, from: path, to: joinPath(parentOf(path), to) });
            renamed.current = moved.path;
            await refresh();
          }}
        />
      ) : null}
      <ConfirmDialog
        open={asking?.what === "delete"}
        onOpenChange={() => setAsking(undefined)}
        title={asking?.what === "delete" ? t("files.delete.of", { name: asking.entry.name }) : ""}
        text={
          asking?.what === "delete" && asking.entry.isDir && asking.entry.type === "directory"
            ? t("files.delete.directory")
            : t("files.delete.file")
        }
        action={t("app.delete")}
        danger
        returnFocus={returnFocus}
        onConfirm={async () => {
          if (asking?.what !== "delete") return;
          const { path, type } = asking.entry;
          await k8shell.api.deleteFile({ name, path, recursive: type === "directory" });
          await refresh();
        }}
      />
    </section>
  );
};
