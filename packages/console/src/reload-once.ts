const RELOADED_AT_KEY = 'millrace.reloaded-at';
/** A page that fails again so soon would be reloaded for ever. */
const PAUSE_MS = 10_000;

/**
 * Reloads the page when a part of it cannot be loaded: after an update of the server there are other
 * files, which only a new page names.
 */
export function reloadOnceIfPartsAreGone(): void {
  window.addEventListener('vite:preloadError', (event) => {
    const reloadedAtMs = Number(sessionStorage.getItem(RELOADED_AT_KEY));
    if (Date.now() - reloadedAtMs < PAUSE_MS) return;
    sessionStorage.setItem(RELOADED_AT_KEY, String(Date.now()));
    event.preventDefault();
    window.location.reload();
  });
}
