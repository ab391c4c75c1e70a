// What is on now and next, and the reader's own time where it differs from the
// venue's. Both are read from the times on the page, which are the venue's and stay.
const words = document.currentScript.dataset;
const DAY = 864e5;
const sessions = [...document.querySelectorAll("[data-session]")].map((item) => ({
  item,
  times: [...item.querySelectorAll("time")].map((time) => Date.parse(time.dateTime)),
  off: item.dataset.session === "cancelled",
}));

function mark({ item }, id) {
  if (item.dataset.now === id) return;
  item.querySelector("[data-now-badge]")?.remove();
  item.dataset.now = id;
  item.querySelector(".rail")?.classList.toggle("rail-now", id === "on-now");
  const badge = document.getElementById(id)?.content.firstElementChild.cloneNode(true);
  if (!badge) return;
  badge.dataset.nowBadge = "";
  item.querySelector("[data-state]").prepend(badge, " ");
}

function tick() {
  const now = Date.now();
  const ahead = sessions.filter(({ times, off }) => !off && times[0] > now && times[0] < now + DAY);
  const next = Math.min(...ahead.map(({ times }) => times[0]));
  for (const session of sessions) {
    const [start, end] = session.times;
    const on = !session.off && start <= now && now < end;
    mark(session, on ? "on-now" : !session.off && start === next ? "next" : "");
  }
  setTimeout(tick, 6e4 - now % 6e4);
}

// "2026-09-21T09:00+08:00" is 09:00 on the venue's wall, wherever it is read.
for (const place of document.querySelectorAll("[data-when]")) {
  const shown = [...place.querySelectorAll("time")].map(({ dateTime }) => {
    const there = Date.parse(`${dateTime.slice(0, 16)}Z`);
    const moment = new Date(dateTime);
    const here = moment - moment.getTimezoneOffset() * 6e4;
    const days = Math.floor(here / DAY) - Math.floor(there / DAY);
    const day = days > 0 ? ` ${words.later}` : days < 0 ? ` ${words.earlier}` : "";
    return { same: here === there, day, text: new Date(here).toISOString().slice(11, 16) };
  });
  if (shown.every(({ same }) => same)) continue;
  const own = document.createElement("p");
  own.className = "session-sub";
  const lone = shown.every(({ day }) => day === shown[0].day);
  own.textContent = words.yours + shown.map(({ text, day }, at) =>
    text + (lone && at < shown.length - 1 ? "" : day)).join("–");
  place.after(own);
}

tick();
