// Templates are HTML: where a page requires Trusted Types, they need a policy, which throws where the page's Content
// Security Policy forbids it. It has the name of Lit's own, because that is what pages allow. Nobody but the templates
// (stand-ins/lit.ts) gets it: it lets any string through.
import { TAG_NAME } from './script-tag.js';

/** The part of the browser's `TrustedTypePolicy` that is used. */
interface Policy {
  createHTML(html: string): string;
}

/** The part of the browser's `TrustedTypePolicyFactory` that is used. */
interface PolicyFactory {
  createPolicy(name: string, rules: Policy): Policy;
}

const asItIs: Policy = { createHTML: (html) => html };

/** `undefined`: the page forbids it. A second copy of the script makes none, and draws nothing: a page may forbid a second of a name. */
function makePolicy(): Policy | undefined {
  const { trustedTypes } = globalThis as { trustedTypes?: PolicyFactory };
  if (trustedTypes === undefined || customElements.get(TAG_NAME) !== undefined) return asItIs;
  try {
    return trustedTypes.createPolicy('lit-html', asItIs);
  } catch {
    return undefined;
  }
}

const policy = makePolicy();

/** Whether the page forbids the policy, so that no template can be drawn on it. */
export const isLitForbidden = policy === undefined;

/** What a page that requires Trusted Types takes for HTML. Only for the constant markup of templates. */
export function trustedMarkup(markup: string): string {
  return policy?.createHTML(markup) ?? markup;
}
