import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { setAside } from './data-directory.js';

/**
 * The secret that signs visitors' tokens, made once: so that a visitor stays the same one when the server starts again. 43
 * characters. Its file is readable by this user only; deleting it makes every visitor a new one.
 */
export function visitorSecret(dir: string, warn: (message: string) => void): string {
  const path = join(dir, 'visitor-secret');
  if (fs.existsSync(path)) {
    const [secret = '', checksum] = fs.readFileSync(path, 'latin1').trim().split(' ');
    if (secret.length >= 32 && checksum === checksumOf(secret)) return secret;
    warn(
      `The secret of the visitors' tokens is damaged: ${setAside(path)}. A new one is made; every visitor is a new one.`,
    );
  }
  const secret = randomBytes(32).toString('base64url');
  // Under another name first: a crash in between must not leave half a secret.
  const draft = `${path}.new`;
  fs.rmSync(draft, { force: true });
  fs.writeFileSync(draft, `${secret} ${checksumOf(secret)}\n`, { mode: 0o600, flag: 'wx', flush: true });
  fs.renameSync(draft, path);
  return secret;
}

function checksumOf(secret: string): string {
  return crc32(secret).toString(16);
}
