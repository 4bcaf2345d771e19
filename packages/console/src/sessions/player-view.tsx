import { Terminal } from "@xterm/xterm";
import { Pause, Play } from "lucide-react";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import "@xterm/xterm/css/xterm.css";
import { useI18n } from "../i18n/i18n.tsx";
import { IconButton } from "../ui/button.tsx";
import type { Cast } from "./cast.ts";
import { createPlayer, type Player, type PlayerState } from "./player.ts";
import { createPlayerScreen } from "./player-screen.ts";

const speeds = [0.5, 1, 2, 4, 8] as const;
/** An arrow key moves this far, seconds. */
const step = 5;

/** The largest font that shows all columns, between these sizes in pixels. */
const fontFor = (width: number, cols: number): number =>
  // A character of the font is about 0.6 as wide as high.
  Math.max(7, Math.min(15, Math.floor((width - 24) / cols / 0.602)));

/** Plays a recording: play and pause, any moment of it, and how fast. */
export const PlayerView = ({ cast }: { cast: Cast }) => {
  const { t, duration } = useI18n();
  const place = useRef<HTMLDivElement>(null);
  const player = useRef<Player>(undefined);
  const [state, setState] = useState<PlayerState>({ playing: false, position: 0, speed: 1 });

  useEffect(() => {
    const host = place.current;
    if (!host) return;
    const terminal = new Terminal({
      cols: cast.cols,
      rows: cast.rows,
      disableStdin: true,
      scrollback: 0,
      fontSize: fontFor(host.clientWidth, cast.cols),
      theme: { background: "#0f141a", foreground: "#d6dee6" },
    });
    terminal.open(host);
    const made = createPlayer(
      cast,
      createPlayerScreen(terminal, (cols) => {
        terminal.options.fontSize = fontFor(host.clientWidth, cols);
      }),
      () => setState(made.state()),
    );
    player.current = made;
    made.play();
    return () => {
      made.dispose();
      terminal.dispose();
    };
  }, [cast]);

  const toggle = () => (state.playing ? player.current?.pause() : player.current?.play());
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target instanceof HTMLSelectElement || event.target instanceof HTMLButtonElement) return;
    const targets: Partial<Record<string, number>> = {
      ArrowLeft: state.position - step,
      ArrowRight: state.position + step,
      Home: 0,
      End: cast.duration,
    };
    const target = targets[event.key];
    if (event.key === " ") toggle();
    else if (target !== undefined) player.current?.seek(target);
    else return;
    event.preventDefault();
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys work wherever the focus is within the player
    <div className="grid min-w-0 gap-2" onKeyDown={onKeyDown}>
      <section
        ref={place}
        aria-label={t("replay.screen")}
        className="min-h-40 overflow-auto rounded-xl border border-line bg-[#0f141a] p-3"
      />
      <div className="flex items-center gap-2">
        <IconButton label={t(state.playing ? "replay.pause" : "replay.play")} onClick={toggle}>
          {state.playing ? <Pause size={18} aria-hidden /> : <Play size={18} aria-hidden />}
        </IconButton>
        <input
          type="range"
          className="h-9 grow accent-(--accent)"
          aria-label={t("replay.position")}
          aria-valuetext={duration(state.position)}
          min={0}
          max={cast.duration}
          step="any"
          value={state.position}
          onChange={(event) => player.current?.seek(Number(event.target.value))}
        />
        <span className="text-sm whitespace-nowrap text-quiet tabular-nums">
          {duration(state.position)} / {duration(cast.duration)}
        </span>
        <select
          aria-label={t("replay.speed")}
          className="min-h-9 rounded-lg border border-line bg-paper px-2 text-sm"
          value={state.speed}
          onChange={(event) => player.current?.setSpeed(Number(event.target.value))}
        >
          {speeds.map((speed) => (
            <option key={speed} value={speed}>
              {speed}×
            </option>
          ))}
        </select>
      </div>
    </div>
  );
};
