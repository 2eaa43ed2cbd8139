/** How answers of the original system's REST are wrapped; `timestamp` is in epoch seconds. */
export interface Wrapped<T> {
  readonly success: true;
  readonly data: T;
  readonly message: string;
  readonly timestamp: number;
}

/** Wraps an answer. */
export function wrap<T>(data: T): Wrapped<T> {
  return { success: true, data, message: 'ok', timestamp: Date.now() / 1000 };
}
