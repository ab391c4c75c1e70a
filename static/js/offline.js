// Reading without a network: start the worker and tell it which pages to keep.
const { worker, keep, notes } = document.querySelector("[data-worker]").dataset;
const agenda = document.querySelector("[data-agenda]");
const { serviceWorker } = navigator;

async function look(found) {
  if (found?.waiting || document.documentElement.dataset.kept) (await import(notes)).show(found);
}

async function tell(pages, former) {
  (await serviceWorker.ready).active.postMessage({ keep: pages, former });
}

if (serviceWorker) {
  look();
  // The link to the agenda has its sessions as soon as the page is there.
  serviceWorker.ready.then(() => tell([location.href, keep, agenda.href]));
  addEventListener("session-saved", ({ target }) => tell([
    target.closest("li")?.querySelector("a").href,
  ]));
  addEventListener("agenda-changed", ({ detail: [former, now] }) => tell(
    now ? [agenda.pathname + now] : [], former,
  ));
  serviceWorker.register(worker).then((found) => {
    look(found);
    found.onupdatefound = () => { found.installing.onstatechange = () => look(found); };
  }, () => {});
}
