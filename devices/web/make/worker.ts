/** The service worker of a page: its own files without a network, and nothing else. */

/** The worker's source; `/api/` never passes through it, so no answer of the hub is ever old. */
export function serviceWorker(at: string, files: readonly string[], version: string): string {
  return `const CACHE = ${JSON.stringify(`linli${at}${version}`)};
const FILES = ${JSON.stringify([at, ...files])};
const ours = (name) => name.startsWith(${JSON.stringify(`linli${at}`)});
addEventListener("install", (event) => event.waitUntil(
  caches.open(CACHE).then((cache) => cache.addAll(FILES)).then(() => skipWaiting())));
addEventListener("activate", (event) => event.waitUntil(
  caches.keys().then((names) => Promise.all(
    names.filter((name) => ours(name) && name !== CACHE).map((name) => caches.delete(name)),
  )).then(() => clients.claim())));
addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (event.request.mode === "navigate") {
    // the newest page while the hub answers, the kept one while it does not
    event.respondWith(fetch(event.request).catch(() => caches.match(FILES[0])));
  } else if (FILES.includes(url.pathname)) {
    event.respondWith(caches.match(url.pathname).then((kept) => kept || fetch(event.request)));
  }
});
`;
}
