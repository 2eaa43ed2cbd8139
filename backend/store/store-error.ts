/** The embedded store can't be opened. `message` names the path and says what to do. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}
