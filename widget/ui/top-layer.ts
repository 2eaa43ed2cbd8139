/** How far from the corner of the window a launcher may stand, in CSS pixels: scroll bars take as much, and more is no corner. */
const TOLERANCE = 40;

/**
 * Puts a launcher on the top layer where an ancestor with a transform, a filter or containment holds what is
 * `position: fixed`, which would stand in its corner and not in the window's. A popover that is `manual` closes by nobody but
 * us, takes no focus, and stands below the page's dialogs that open later. Without popovers it stays where it is.
 *
 * @param launcher Of no size, in the lower right corner.
 */
export function freeLauncher(launcher: HTMLElement): void {
  if (!launcher.isConnected || launcher.hidden || !('showPopover' in launcher) || launcher.matches(':popover-open'))
    return;
  const { right, bottom } = launcher.getBoundingClientRect();
  if (Math.abs(right - innerWidth) < TOLERANCE && Math.abs(bottom - innerHeight) < TOLERANCE) return;
  launcher.popover = 'manual';
  launcher.showPopover();
  // WebKit lays out what is fixed inside of it anew only with a new box: until then it keeps the size of that ancestor.
  launcher.hidden = true;
  launcher.getBoundingClientRect();
  launcher.hidden = false;
}
