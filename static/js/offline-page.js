// The offline page names the pages that this browser keeps, the last one first.
const list = document.querySelector("[data-kept-pages]");
const here = document.documentElement.lang;
const { pathname, search: mine } = document.querySelector("[data-agenda]");

// The bare address means the sessions saved here, without a network as well.
const bare = [pathname, pathname.replace(/^\/[^/]+/, "")].includes(location.pathname);
if (bare && !location.search && mine) location.replace(mine);

// Every agenda says "My agenda": only the address tells whose it is.
function nameOf(page, { pathname, searchParams, search }) {
  const name = page.querySelector("h1")?.textContent.trim() || page.title;
  if (!pathname.endsWith("/agenda/")) return name;
  const edition = page.querySelector(".title p")?.textContent.trim();
  const codes = searchParams.get("s")?.split(".").join(", ");
  const parts = search === mine ? [name, edition] : [list.dataset.anyAgenda, edition, codes];
  return parts.filter(Boolean).join(" · ");
}

const cache = await caches.open("pages");
for (const request of [...await cache.keys()].reverse().slice(0, 100)) {
  const response = await cache.match(request, { ignoreVary: true });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const item = document.createElement("li");
  const link = document.createElement("a");
  const { lang } = page.documentElement;
  link.href = request.url;
  link.textContent = nameOf(page, new URL(request.url));
  if (lang !== here) link.lang = lang;
  item.append(link);
  list.append(item);
  list.hidden = false;
}
