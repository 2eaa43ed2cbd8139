/** What stands in place of a secret. */
export const MASK = '[masked]';

/** The names of fields whose text nobody should see who looks over the shoulder of a developer, or reads a bug report. */
const SECRET = /(?:^|[-_])(?:token|secret|password|authorization|cookie|credential|api[-_]?key|apikey)s?$/;

/** A copy of something that JSON can say, with every text in a field that is named as a secret masked, however deep. */
export function masked(value: unknown, name = ''): unknown {
  if (typeof value === 'string') return value !== '' && isSecret(name) ? MASK : value;
  if (Array.isArray(value)) return value.map((item) => masked(item, name));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, masked(field, key)]));
}

/** `accessToken` is as good as `access_token`. */
function isSecret(name: string): boolean {
  return SECRET.test(name.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase());
}
