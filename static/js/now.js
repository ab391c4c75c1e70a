// What is on now and next, and the reader's own time where it differs. The times on
// the page are the venue's, with their offset, and stay.
const words = document.currentScript.dataset;
const DAY = 864e5;
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const sessions = all("[data-session]").map((item) => ({
  item,
  times: item.dataset.session === "cancelled" ? []
    : all("time", item).map((time) => Date.parse(time.dateTime)),
}));

function mark(item, id) {
  if (item.dataset.now === id) return;
  item.dataset.now = id;
  item.querySelector(".rail")?.classList.toggle("rail-now", id === "on-now");
  item.querySelector("[data-badge]")?.remove();
  const badge = document.getElementById(id)?.content.firstElementChild.cloneNode(true);
  if (badge) (item.querySelector("[data-state]") ?? item).append(" ", badge);
}

function tick() {
  const now = Date.now();
  const starts = sessions.map(({ times }) => times[0]);
  const next = Math.min(...starts.filter((start) => start > now && start < now + DAY));
  for (const { item, times: [start, end] } of sessions) {
    mark(item, start <= now && now < end ? "on-now" : start === next ? "next" : "");
  }
  setTimeout(tick, 6e4 - now % 6e4);
}

// "2026-09-21T09:00+08:00" is 09:00 on the venue's wall, wherever it is read.
for (const place of all("[data-when]")) {
  const times = all("time", place).map(({ dateTime }) => {
    const moment = new Date(dateTime);
    const here = moment - moment.getTimezoneOffset() * 6e4;
    const there = Date.parse(`${dateTime.slice(0, 16)}Z`);
    const days = Math.floor(here / DAY) - Math.floor(there / DAY);
    return { here, differs: here !== there, days };
  });
  if (!times.some(({ differs }) => differs)) continue;
  const own = document.createElement("p");
  own.className = "session-sub your-time";
  own.textContent = words.yours
    + times.map(({ here }) => new Date(here).toISOString().slice(11, 16)).join("\u2060–\u2060")
    + (times[0].days ? ` ${times[0].days > 0 ? words.later : words.earlier}` : "");
  place.after(own);
}

tick();
