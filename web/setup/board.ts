// The board's own paths beside those of ../src/api: docs/firmware.md lists them.

import * as api from "../src/api";

export interface Network {
  state: "setup" | "joining" | "online" | "waiting";
  trial: "none" | "running" | "ok" | "failed";
  trial_problem: string;
  problem: string;
  radio: boolean;
  access_point: boolean;
}

export interface Board {
  version: string;
  password_set: boolean;
  key_set: boolean;
  /** Who asks has the board in hand: firmware/logic/api.h. */
  in_hand: boolean;
  network: Network;
  meter_link: {
    transceiver: boolean;
    enable: boolean;
    enable_cycles: number;
    supply_cycles: number;
    bridged: boolean;
    bridge_bytes: number;
    bridge_wrong: number;
  };
  certificates: Record<string, boolean>;
  idf: string;
  chip: string;
  slot: string;
  probation: boolean;
  uptime_s: number;
  hostname: string;
  address: string;
  rssi: number;
  core_dump: boolean;
  heap: { free: number; least: number; largest: number };
  starts: Record<string, number> & { all: number; last: string };
  update: { busy: boolean; bytes: number; problem: string; done: boolean };
}

export interface Seen {
  ssid: string;
  rssi: number;
  open: boolean;
}

/** The button's pin: firmware/board/board_pins.h. */
export const buttonOf = (board: Board) => (board.chip === "esp32c3" ? "IO9" : "IO0");

export const wait = (ms: number) => new Promise((done) => setTimeout(done, ms));

export const look = () => api.get<Board>("board");

/** Networks around. To look takes the radio seconds, in which it hears nobody at its access point. */
export async function networks(): Promise<Seen[]> {
  const ask = async (query = "") => (await api.get<{ networks: Seen[] }>("board/networks" + query)).networks;
  await ask("?look=yes");
  for (let i = 0; i < 3; i++) {
    await wait(2500);
    const seen = await ask().catch(() => []);
    if (seen.length > 0) return seen;
  }
  return [];
}

/** Tries a network; the board, once it is in it. Undefined: it cannot be reached any more. */
export async function join(ssid: string, password: string): Promise<Board | undefined> {
  await api.call("POST", "board/join", { ssid, password });
  for (let i = 0; i < 40; i++) {
    await wait(1000);
    const board = await look().catch(() => undefined); // its access point changes its channel
    if (board?.network.trial === "failed") throw new api.ApiError(200, "failed", board.network.trial_problem);
    if (board?.network.trial === "ok") return board;
  }
  return undefined;
}

/** Fetches an update from a URL; `progress` is told how much is there. */
export async function fetchUpdate(url: string, older: boolean, progress: (bytes: number) => void): Promise<void> {
  await api.call("POST", "board/fetch", { url, ...(older && { older }) });
  for (let silent = 0; silent < 30; silent++) {
    await wait(1000);
    const board = await look().catch(() => undefined);
    if (!board) continue;
    silent = 0;
    if (board.update.problem !== "") throw new api.ApiError(200, "failed", board.update.problem);
    if (!board.update.busy) return; // done, or even started anew
    progress(board.update.bytes);
  }
  throw new api.ApiError(0, "unreachable", "");
}
