// Not from 'lit': the loader draws its button by these styles, and has no room for all of Lit.
import { css } from '@lit/reactive-element/css-tag.js';

/**
 * The host. `!important` in here wins over `!important` of the page: whatever a page does to all its elements, the
 * element stays where and as large as it should be. What a page may change goes through custom properties.
 */
export const host = css`
  :host {
    all: initial !important;
    display: block !important;
    box-sizing: border-box !important;
    position: relative !important;
    inline-size: var(--chat-stream-width, 100%) !important;
    block-size: var(--chat-stream-height, 100%) !important;
    min-inline-size: 0 !important;
    contain: layout style !important;
  }
  :host([mode='launcher']) {
    contain: none !important;
    position: fixed !important;
    inset: auto 0 0 auto !important;
    inline-size: 0 !important;
    block-size: 0 !important;
    z-index: var(--chat-stream-z-index, 2147483000) !important;
  }
  :host([mode='fullscreen']) {
    position: fixed !important;
    inset: 0 !important;
    inline-size: auto !important;
    block-size: auto !important;
    z-index: var(--chat-stream-z-index, 2147483000) !important;
  }
  :host([hidden]) {
    display: none !important;
  }
`;
