/** A request that is not served, in the words and with the status of a Llama Stack server: `{"detail": …}`. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    readonly status: 400 | 404,
    detail: string,
  ) {
    super(detail);
  }
}

/** What is asked for is not there, or is somebody else's. */
export function notFound(
  what: 'Agent' | 'Session' | 'Turn' | 'Step' | 'Model' | 'Tool' | 'Tool Group' | 'Shield',
  id: string,
): Refusal {
  return new Refusal(404, `${what} '${id}' not found`);
}

/** What is asked for makes no sense. */
export function invalid(why: string): Refusal {
  return new Refusal(400, `Invalid value: ${why}`);
}
