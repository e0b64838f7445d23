// What this browser remembers; it may refuse to.

export function kept(name: string): string | null {
  try {
    return localStorage.getItem("meplink." + name);
  } catch {
    return null;
  }
}

export function keep(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem("meplink." + name);
    else localStorage.setItem("meplink." + name, value);
  } catch {
    // Then it lasts as long as the page.
  }
}
