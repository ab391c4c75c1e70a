// The offline page names the pages that this browser keeps, the last one first.
const list = document.querySelector("[data-kept-pages]");
const { search: mine } = document.querySelector("[data-agenda]");
const isAgenda = ({ pathname }) => pathname.endsWith("/agenda/");

// The bare address means the sessions saved here, without a network as well.
if (isAgenda(location) && !location.search && mine) location.replace(mine);

const cache = await caches.open("pages");
for (const { url } of [...await cache.keys()].reverse().slice(0, 100)) {
  const response = await cache.match(url, { ignoreVary: true });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const link = document.createElement("a");
  const { lang } = page.documentElement;
  link.href = url;
  link.textContent = page.querySelector("h1")?.textContent.trim() || page.title;
  // Every agenda says "My agenda": only the address tells whose it is.
  if (isAgenda(link)) {
    if (link.search !== mine) link.textContent = list.dataset.anyAgenda;
    link.append(" · ", page.querySelector(".title p")?.textContent.trim() ?? "");
    if (link.search !== mine) link.append(" · ", new URL(url).searchParams.get("s")?.replaceAll(".", ", ") ?? "");
  }
  if (lang !== document.documentElement.lang) link.lang = lang;
  list.appendChild(document.createElement("li")).append(link);
  list.hidden = false;
}
