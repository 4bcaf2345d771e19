export { type ListeningForward, type ListenOptions, listenAndForward } from "./listen.ts";
