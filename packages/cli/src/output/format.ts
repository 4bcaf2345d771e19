/** A number of bytes as the platform's command writes it: `9 B`, `3.4 KB`. */
export const formatBytes = (bytes: number): string => {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
};

const two = (value: number) => String(value).padStart(2, "0");

/** A moment in local time, `2026-06-17 09:14`; `-` for none. */
export const formatTime = (value: string | null | undefined): string => {
  const date = value ? new Date(value) : undefined;
  if (!date || Number.isNaN(date.getTime())) return "-";
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
};

/** How long ago, short: `45s`, `3m`, `5h`, `12d`; `-` for none. */
export const formatAge = (value: string | null | undefined, now = Date.now()): string => {
  const date = value ? new Date(value).getTime() : Number.NaN;
  if (Number.isNaN(date)) return "-";
  const seconds = Math.max(0, Math.round((now - date) / 1000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
};
