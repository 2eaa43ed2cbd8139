/** What the element asks for: this source, in these colours. */
export interface DrawRequest {
  readonly type: 'chat-stream:draw';
  readonly source: string;
  readonly isDark: boolean;
}

/** What came of it: how large the diagram would be with all the room it wants, in CSS pixels; nothing when it
 * can't be drawn. */
export interface DrawResult {
  readonly type: 'chat-stream:drawn';
  readonly size: { readonly width: number; readonly height: number } | undefined;
}

/** Reads what another window sent; `undefined` for what is no such request. */
export function readRequest(data: unknown): DrawRequest | undefined {
  if (!isRecord(data) || data['type'] !== 'chat-stream:draw') return undefined;
  const { source, isDark } = data;
  if (typeof source !== 'string' || typeof isDark !== 'boolean') return undefined;
  return { type: 'chat-stream:draw', source, isDark };
}

/** Reads what another window sent; `undefined` for what is no such result. */
export function readResult(data: unknown): DrawResult | undefined {
  if (!isRecord(data) || data['type'] !== 'chat-stream:drawn') return undefined;
  const { size } = data;
  if (size === undefined) return { type: 'chat-stream:drawn', size: undefined };
  if (!isRecord(size)) return undefined;
  const { width, height } = size;
  if (!isLength(width) || !isLength(height)) return undefined;
  return { type: 'chat-stream:drawn', size: { width, height } };
}

function isRecord(data: unknown): data is Readonly<Record<string, unknown>> {
  return typeof data === 'object' && data !== null;
}

function isLength(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value < Infinity;
}
