/** How long it is remembered that WebSockets are blocked, in milliseconds: then the laptop may be on another network. */
const MEMORY_MS = 3_600_000;

/** Where a browser forbids storage, this page remembers. */
const ofThisPage = new Map<string, number>();

/** Whether a WebSocket to this server failed a while ago, where requests went through. */
export function isBlocked(server: string): boolean {
  const left = Math.max(ofThisPage.get(server) ?? 0, stored(server)) - Date.now();
  // More than was ever written: the clock was set back, or another script wrote it.
  return left > 0 && left <= MEMORY_MS;
}

/** Remembers that WebSockets to this server are blocked, or, with `false`, forgets it. */
export function setBlocked(server: string, blocked: boolean): void {
  const until = Date.now() + MEMORY_MS;
  if (blocked) ofThisPage.set(server, until);
  else ofThisPage.delete(server);
  try {
    if (blocked) localStorage.setItem(keyOf(server), String(until));
    else localStorage.removeItem(keyOf(server));
  } catch {
    // This page remembers.
  }
}

function stored(server: string): number {
  try {
    return Number(localStorage.getItem(keyOf(server))) || 0;
  } catch {
    return 0;
  }
}

function keyOf(server: string): string {
  return `chat-stream:blocked:${server}`;
}
