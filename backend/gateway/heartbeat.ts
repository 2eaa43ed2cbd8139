import { CloseCode, type ServerFrameInput } from '@chat-stream/protocol';
import { type Connection, timestamp } from './connection.js';

/** A client is told this long before its token ends. */
const EXPIRY_WARNING_MS = 60_000;

/** Looks at every socket several times within one heartbeat, with one timer for all. */
export class Heartbeat {
  private readonly connections = new Set<Connection>();
  private timer: NodeJS.Timeout | undefined;

  /** `intervalMs`: a socket on which nothing was sent for so long gets a `heartbeat`. */
  constructor(private readonly intervalMs: number) {}

  add(connection: Connection): void {
    this.connections.add(connection);
    this.timer ??= setInterval(() => this.tick(), this.intervalMs / 5).unref();
  }

  remove(connection: Connection): void {
    this.connections.delete(connection);
    if (this.connections.size === 0) this.stop();
  }

  /** Says the same to every socket. */
  broadcast(frame: ServerFrameInput): void {
    for (const connection of this.connections) connection.send(frame);
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private tick(): void {
    const now = performance.now();
    for (const connection of this.connections) {
      this.checkLife(connection, now);
      this.checkToken(connection);
    }
  }

  private checkLife(connection: Connection, now: number): void {
    // Two heartbeats without as much as a pong: the other side is gone, and TCP has not noticed.
    if (now - connection.lastHeard > 2.5 * this.intervalMs) return connection.socket.terminate();
    if (now - connection.lastHeard > this.intervalMs) connection.socket.ping();
    // A fifth early: the client counts from when it hears, and ticks are a fifth apart.
    if (now - connection.lastSent >= 0.8 * this.intervalMs)
      connection.send({ type: 'heartbeat', timestamp: timestamp() });
  }

  private checkToken(connection: Connection): void {
    if (connection.expiresAt === undefined) return;
    const left = connection.expiresAt - Date.now();
    if (left <= 0) return connection.close(CloseCode.unauthorized, 'the token has expired');
    if (left <= EXPIRY_WARNING_MS && !connection.toldExpiring) {
      connection.toldExpiring = true;
      connection.send({ type: 'token_expiring', in_ms: left });
    }
  }
}
