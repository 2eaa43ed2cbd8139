// lit-html makes a Trusted Types policy named `lit-html` while it loads, and throws there and then where the page's
// Content Security Policy forbids it. The bundle hands lit-html `litTrustedTypes` in place of the page's own
// `trustedTypes` (vite.config.mjs), so that it is made here, and a refusal is ours to deal with. The page's global is
// not touched, and nobody but lit-html gets the policy, which lets any string through.
import { TAG_NAME } from './script-tag.js';

/** The part of the browser's `TrustedTypePolicyFactory` that is used. */
interface PolicyFactory {
  createPolicy(name: string, rules: { createHTML(html: string): string }): unknown;
}

type Probed = { readonly kind: 'none' | 'refused' } | { readonly kind: 'made'; readonly policy: unknown };

/** A second copy of the script needs no policy: the element is defined, and a second policy of a name may be forbidden. */
function probe(): Probed {
  const { trustedTypes } = globalThis as { trustedTypes?: PolicyFactory };
  if (trustedTypes === undefined || customElements.get(TAG_NAME) !== undefined) return { kind: 'none' };
  try {
    return { kind: 'made', policy: trustedTypes.createPolicy('lit-html', { createHTML: (html) => html }) };
  } catch {
    return { kind: 'refused' };
  }
}

const probed = probe();

/** Whether the page forbids the policy, so that Lit cannot draw anything on it. */
export const isLitForbidden = probed.kind === 'refused';

/** What lit-html takes for `globalThis.trustedTypes`. */
export const litTrustedTypes: PolicyFactory | undefined =
  probed.kind === 'made' ? { createPolicy: () => probed.policy } : undefined;
