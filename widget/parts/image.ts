import type { Delta } from '@chat-stream/protocol';
import { image } from '../markdown/inline-view.js';
import type { PartKind, PartsHost, PartView } from './part-view.js';
import { wordsOf } from './strings.js';

/** The kinds of images that a browser decodes without running anything. */
const SAFE = /^image\/(?:png|jpeg|gif|webp|avif)$/;

/** An image is drawn with at most so many pixels on a side. */
const MAX_PIXELS = 2_000;

/**
 * An image that came with the answer is drawn; one that has an address is loaded from there only where the site allows
 * that host, and is a link that names it otherwise.
 */
export const imagePart: PartKind<Extract<Delta, { type: 'image' }>> = (delta, _message, host) => {
  const { url, mime_type: type = 'image/png' } = delta;
  const inline = delta.image ?? /^data:([^;,]+);base64,(.*)$/s.exec(url ?? '')?.[2];
  if (inline !== undefined && inline !== '') return drawn(inline, typeOf(url) ?? type, host);
  if (url === undefined) return undefined;
  const element = image(
    {
      kind: 'img',
      text: '',
      kids: [{ kind: 'text', text: wordsOf(host).image, kids: [] }],
      target: { href: url, title: '' },
    },
    host,
  );
  return { element };
};

function typeOf(url: string | undefined): string | undefined {
  return /^data:([^;,]+);/.exec(url ?? '')?.[1];
}

/** On a canvas, which no policy of a page forbids, and which asks nobody for anything. */
function drawn(base64: string, type: string, host: PartsHost): PartView | undefined {
  const bytes = SAFE.test(type) ? bytesOf(base64) : undefined;
  if (bytes === undefined) return undefined;
  const element = document.createElement('canvas');
  element.part.add('image');
  element.role = 'img';
  element.ariaLabel = wordsOf(host).image;
  element.width = element.height = 0;
  void createImageBitmap(new Blob([bytes], { type })).then(
    (bitmap) => {
      const scale = Math.min(1, MAX_PIXELS / Math.max(bitmap.width, bitmap.height));
      element.width = Math.max(1, bitmap.width * scale);
      element.height = Math.max(1, bitmap.height * scale);
      element.getContext('2d')?.drawImage(bitmap, 0, 0, element.width, element.height);
      bitmap.close();
    },
    // Not an image after all.
    () => element.remove(),
  );
  return { element };
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
