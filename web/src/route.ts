// Addresses: "#/history/day/2026-11-23?meter=garage".

import { Cell } from "./cell";

export const PAGES = ["now", "history", "meter", "link", "settings"] as const;
export type Page = (typeof PAGES)[number];

export interface Route {
  page: Page | undefined;
  rest: string[];
  /** Undefined: the first meter. */
  meter: string | undefined;
}

export function parseRoute(hash: string): Route {
  const [path = "", params] = hash.replace(/^#?\/?/, "").split("?");
  const [page, ...rest] = path.split("/").map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  });
  return {
    page: page ? PAGES.find((p) => p === page && p !== "now") : "now",
    rest: rest.filter((part) => part !== ""),
    meter: new URLSearchParams(params).get("meter") || undefined,
  };
}

export function href(page: Page, rest: string[] = [], meter = route.value.meter): string {
  const path = [...(page === "now" ? [] : [page]), ...rest].map(encodeURIComponent).join("/");
  return `#/${path}${meter ? "?meter=" + encodeURIComponent(meter) : ""}`;
}

export const route = new Cell<Route>({ page: "now", rest: [], meter: undefined });

export function followAddress(): void {
  const follow = () => route.set(parseRoute(location.hash));
  addEventListener("hashchange", follow);
  follow();
}

/** Another address without a new step in the browser's history. */
export function replace(address: string): void {
  history.replaceState(null, "", address);
  route.set(parseRoute(address));
}
