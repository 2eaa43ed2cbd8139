/** The addresses of this machine, as `frame-ancestors` can say them. */
const THIS_MACHINE = ['localhost', '127.0.0.1'].flatMap((host) => [`http://${host}:*`, `https://${host}:*`]);

/** Who may frame our pages, for `frame-ancestors`: the pages that may connect, and our own. */
export function ancestorsFor(allowedOrigins: readonly string[] | undefined): string {
  // A page without an origin cannot be named there.
  const named = allowedOrigins?.filter((origin) => origin !== 'null') ?? THIS_MACHINE;
  return ["'self'", ...named].join(' ');
}
