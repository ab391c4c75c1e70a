// Notes at the top of a page: that it comes from the store, that a new version waits.
const main = document.querySelector("main");
const words = document.querySelector("[data-worker]").dataset;
const { serviceWorker } = navigator;
const shown = new Set();

export function show(registration) {
  const { dataset, lang } = document.documentElement;
  if (dataset.kept) {
    const style = { dateStyle: "long", timeStyle: "short", hourCycle: "h23" };
    const time = new Intl.DateTimeFormat(lang === "en" ? "en-GB" : lang, style).format(new Date(dataset.kept));
    note(words.asOf.replace("{time}", time));
  }
  if (registration?.waiting && serviceWorker.controller) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.textContent = words.use;
    button.addEventListener("click", () => {
      serviceWorker.addEventListener("controllerchange", () => location.reload());
      registration.waiting.postMessage("take over");
    });
    note(words.update, button);
  }
}

function note(text, button) {
  if (shown.has(text)) return;
  shown.add(text);
  const box = document.createElement("div");
  const said = document.createElement("p");
  box.className = "note";
  said.setAttribute("role", "status");
  box.append(said);
  if (button) box.append(button);
  main.prepend(box);
  // Screen readers speak what changes in a place they know already.
  setTimeout(() => { said.textContent = text; }, 50);
}
