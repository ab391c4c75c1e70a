// The offline page names the pages that this browser keeps, the last one first.
const list = document.querySelector("[data-kept-pages]");
const here = document.documentElement.lang;

const cache = await caches.open("pages");
for (const request of [...await cache.keys()].reverse().slice(0, 100)) {
  const response = await cache.match(request, { ignoreVary: true });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const item = document.createElement("li");
  const link = document.createElement("a");
  const { lang } = page.documentElement;
  link.href = request.url;
  link.textContent = page.querySelector("h1")?.textContent.trim() || page.title;
  if (lang !== here) link.lang = lang;
  item.append(link);
  list.append(item);
  list.hidden = false;
}
