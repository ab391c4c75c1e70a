// Reading without a network: start the worker and tell it which pages to keep.
const { worker, keep, notes } = document.querySelector("[data-worker]").dataset;
const { serviceWorker } = navigator;

async function look(found) {
  if (found?.waiting || document.documentElement.dataset.kept) (await import(notes)).show(found);
}

async function tell(...pages) {
  (await serviceWorker.ready).active.postMessage({ keep: pages });
}

if (serviceWorker) {
  look();
  tell(location.href, keep);
  addEventListener("session-saved", ({ target }) => tell(
    target.closest("li")?.querySelector("a").href,
    document.querySelector("[data-agenda]").href,
  ));
  serviceWorker.register(worker).then((found) => {
    look(found);
    found.onupdatefound = () => { found.installing.onstatechange = () => look(found); };
  }, () => {});
}
