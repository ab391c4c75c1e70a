// Keeps for reading without a network what a visitor at the venue needs: the
// programme, the sessions opened or saved, the agenda. Pages come from the network
// first, and from the store when it or the server is gone or takes too long.
const { offline, assets } = {{ config|safe }};
const MOST = { pages: 200, static: 100 };
const PATIENCE = 4000; // ms to wait for a page of which a copy is kept
const HOUR = 3600000;
const AWAY = [502, 503, 504]; // what a server in front says, or ours without its database
const KEPT = /^\/(en|zh-hans)\/($|agenda\/$|sessions\/[^/]+\/$|editions\/[^/]+\/programme\/$)/;
// A long programme has a page for each further day, which it links to.
const DAYS = /\/programme\/$/;
const HASHED = /^\/static\/.+\.[0-9a-f]{12}\.\w+$/;
// A page is stored as the browser asked for it; headers that differ do not count.
const ANY = { ignoreVary: true };
let line = Promise.resolve();

addEventListener("install", (event) => event.waitUntil((async () => {
  const shell = await caches.open("shell");
  await shell.addAll(Object.values(offline).map((page) => new Request(page, { cache: "reload" })));
  await Promise.all(assets.map((file) => fromStore(new Request(file))));
})()));

addEventListener("activate", (event) => event.waitUntil((async () => {
  await clients.claim();
  await mend();
})()));

addEventListener("message", (event) => {
  if (event.data === "take over") skipWaiting();
  else if (event.data.keep) {
    // One after the other, so that the last that was asked for is the last stored.
    line = line.then(() => obey(event.data)).catch(() => {});
    event.waitUntil(line);
  }
});

addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname.startsWith("/static/")) event.respondWith(fromStore(request));
  else if (request.mode === "navigate" && isPage(url)) event.respondWith(page(event, url));
});

function isPage({ pathname }) {
  return pathname.endsWith("/") && !pathname.startsWith("/admin/");
}

// Files with a hash in their name never change; others are asked for each time.
async function fromStore(request) {
  const cache = await caches.open("static");
  const known = await cache.match(request, ANY);
  if (known && HASHED.test(new URL(request.url).pathname)) return known;
  try {
    const response = await fetch(request);
    if (response.ok) await put("static", request, response.clone());
    return response;
  } catch (error) {
    if (known) return known;
    throw error;
  }
}

async function page(event, url) {
  const answer = fetch(event.request);
  event.waitUntil(answer.then((response) => store(url, response.clone())).catch(() => {}));
  const copy = await kept(url);
  try {
    if (!copy) return await answer;
    const late = new Promise((resolve) => { setTimeout(resolve, PATIENCE); });
    const response = await Promise.race([answer, late]);
    return response && !AWAY.includes(response.status) ? response : await marked(copy);
  } catch {
    return copy ? marked(copy) : instead(url);
  }
}

// The copy of a page; for the permanent address, which names no language, that in
// one of them.
async function kept(url) {
  const cache = await caches.open("pages");
  const path = key(url);
  const named = Object.keys(offline).some((language) => path.startsWith(`/${language}/`));
  for (const address of named ? [path] : languages().map((language) => `/${language}${path}`)) {
    const copy = await cache.match(address, ANY);
    if (copy) return copy;
  }
}

// All languages, that of the browser first.
function languages() {
  const own = navigator.language.startsWith("zh") ? "zh-hans" : "en";
  return [own, ...Object.keys(offline)];
}

// A page as it was on a day is not the page. Without sessions in its address, an
// agenda only leads to the one that has them.
function isKept({ pathname, search, searchParams }) {
  return KEPT.test(pathname) && !searchParams.has("version")
    && (search || !pathname.endsWith("/agenda/"));
}

// What others add to the address of a session (`?utm_source=`) changes nothing in it.
function key({ pathname, search, searchParams }) {
  const plain = pathname.includes("/sessions/") && !searchParams.has("version");
  return plain ? pathname : pathname + search;
}

// The page itself then says since when it has been lying here.
async function marked(copy) {
  const since = new Date(copy.headers.get("date")).toISOString();
  const html = (await copy.text()).replace("<html", `<html data-kept="${since}"`);
  const headers = new Headers(copy.headers);
  headers.delete("content-encoding");
  headers.delete("content-length");
  return new Response(html, { headers });
}

async function instead({ pathname }) {
  const [, language] = pathname.split("/");
  const shell = await caches.open("shell");
  return shell.match(offline[language] ?? offline[languages()[0]], ANY);
}

// What takes the place of a former agenda has to be there before that one goes.
async function obey({ keep: wanted, former }) {
  const there = await Promise.all(wanted.map(keep));
  if (!former || there.includes(false)) return;
  const cache = await caches.open("pages");
  await Promise.all(languages().map(
    (language) => cache.delete(`/${language}/agenda/${former}`, ANY),
  ));
}

// Whether it is kept now.
async function keep(address) {
  const url = new URL(address ?? "", location);
  if (url.origin !== location.origin || !isKept(url)) return false;
  const cache = await caches.open("pages");
  const copy = await cache.match(key(url), ANY);
  if (copy && Date.now() - new Date(copy.headers.get("date")) < HOUR) return true;
  try {
    await store(url, await fetch(url));
  } catch { /* Not now. The next page asks again. */ }
  return await cache.match(key(url), ANY) !== undefined;
}

// Former workers kept a page as it was on a day under the address of the page itself.
async function mend() {
  const cache = await caches.open("pages");
  for (const page of await cache.keys()) {
    const copy = await cache.match(page, ANY);
    if (copy?.url && !isKept(new URL(copy.url))) await cache.delete(page, ANY);
  }
}

async function store(url, response) {
  if (!isKept(url)) return;
  if (response.status === 404 || response.status === 410) {
    await (await caches.open("pages")).delete(key(url), ANY);
  } else if (response.status === 200 && !response.redirected
    && !/no-store|private/.test(response.headers.get("cache-control"))) {
    const html = DAYS.test(url.pathname + url.search) ? await response.clone().text() : "";
    await put("pages", key(url), response);
    for (const [, day] of html.matchAll(/href="(\?day=\w+)"/g)) await keep(url.pathname + day);
  }
}

async function put(name, request, response) {
  try {
    const cache = await caches.open(name);
    await cache.put(request, response);
    const known = await cache.keys();
    await Promise.all(known.slice(0, -MOST[name]).map((old) => cache.delete(old, ANY)));
  } catch { /* The store is full or closed: nothing is kept, all else works. */ }
}
