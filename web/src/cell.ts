// A value that components can watch.

import { useEffect, useState } from "preact/hooks";

export class Cell<V> {
  private readonly watchers = new Set<(value: V) => void>();

  constructor(public value: V) {}

  set(value: V): void {
    if (Object.is(value, this.value)) return;
    this.value = value;
    for (const watcher of [...this.watchers]) watcher(value);
  }

  watch(watcher: (value: V) => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }
}

export function useCell<V>(cell: Cell<V>): V {
  const [, redraw] = useState(0);
  const drawn = cell.value;
  useEffect(() => {
    const again = () => redraw((n) => n + 1);
    // It may have changed between drawing and now.
    if (!Object.is(drawn, cell.value)) again();
    return cell.watch(again);
  }, [cell]);
  return cell.value;
}
