import type { FileInfo } from "@k8shell/sdk";
import {
  File,
  FileArchive,
  FileCode,
  FileImage,
  FileSymlink,
  FileText,
  Folder,
  FolderOpen,
} from "lucide-react";

const kinds: ReadonlyArray<readonly [RegExp, typeof File]> = [
  [/\.(png|jpe?g|gif|webp|avif|svg|ico|bmp)$/i, FileImage],
  [/\.(zip|tar|gz|tgz|bz2|xz|zst|7z)$/i, FileArchive],
  [
    /\.(ts|tsx|js|jsx|mjs|cjs|py|go|rs|c|h|cc|cpp|hpp|java|kt|rb|php|sh|sql|css|html?|json|ya?ml|toml|xml)$/i,
    FileCode,
  ],
  [/\.(txt|md|rst|log|csv|ini|conf)$/i, FileText],
];

export const FileIcon = ({ entry, open }: { entry: FileInfo; open: boolean }) => {
  if (entry.isDir) {
    const Kind = open ? FolderOpen : Folder;
    return <Kind size={16} aria-hidden className="shrink-0 text-accent" />;
  }
  const Kind =
    entry.type === "symlink"
      ? FileSymlink
      : (kinds.find(([pattern]) => pattern.test(entry.name))?.[1] ?? File);
  return <Kind size={16} aria-hidden className="shrink-0 text-quiet" />;
};
