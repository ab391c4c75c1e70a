// My agenda: the sessions a reader saved, kept in this browser alone. What is kept
// is "S07.S10" under "agenda:2023"; the agenda itself is a page of the server.
const links = [...document.querySelectorAll("[data-agenda]")];
const buttons = [...document.querySelectorAll("[data-code]")];
const page = document.querySelector("[data-agenda-page]");
const words = links[0].dataset;
const status = document.createElement("span");
status.className = "status";
status.setAttribute("role", "status");

function kept(edition) {
  try {
    const codes = (localStorage.getItem(`agenda:${edition}`) ?? "").split(".");
    return codes.filter((code) => /^[\w-]{1,32}$/.test(code));
  } catch {
    return [];
  }
}

function keep(edition, codes) {
  const former = address(edition);
  try {
    if (codes.length) localStorage.setItem(`agenda:${edition}`, codes.join("."));
    else localStorage.removeItem(`agenda:${edition}`);
    localStorage.setItem("agenda", edition);
  } catch {
    return false; // A private window may keep nothing, or the store is full.
  }
  dispatchEvent(new CustomEvent("agenda-changed", { detail: [former, address(edition)] }));
  return true;
}

// The edition of this page, else the one saved from last, else the current one.
function edition() {
  let last;
  try {
    last = localStorage.getItem("agenda");
  } catch { /* Storage is closed. */ }
  const here = page?.dataset.agendaPage || buttons[0]?.dataset.edition;
  return here || (kept(last).length ? last : words.agenda);
}

function address(name = edition()) {
  const codes = kept(name);
  return codes.length ? `?edition=${name}&s=${codes.join(".")}` : "";
}

function paint() {
  for (const button of buttons) {
    const { edition, code } = button.dataset;
    button.hidden = false;
    button.setAttribute("aria-pressed", kept(edition).includes(code));
  }
  for (const link of links) {
    link.search = address();
    link.querySelector("[data-count]").textContent = kept(edition()).length || "";
  }
}

function say(text, after) {
  if (status.parentElement !== after.parentElement) after.parentElement.append(status);
  status.textContent = "";
  // Screen readers speak what changes in a place they know already.
  setTimeout(() => { status.textContent = text; }, 50);
}

for (const button of buttons) {
  // Its title is beside it: only who hears the button alone needs it again.
  const title = (button.closest("li") ?? document).querySelector(".session-title a, h1");
  const name = document.createElement("span");
  name.className = "visually-hidden";
  if (title.lang) name.lang = title.lang;
  name.append(...title.cloneNode(true).childNodes);
  button.append(" ", name);
  button.addEventListener("click", () => {
    const { edition, code } = button.dataset;
    const others = kept(edition).filter((one) => one !== code);
    const saving = !kept(edition).includes(code);
    const done = keep(edition, saving ? [...others, code] : others);
    say(done ? (saving ? words.saved : words.removed) : words.failed, button);
    paint();
    if (done && saving) button.dispatchEvent(new Event("session-saved", { bubbles: true }));
  });
}

if (page) {
  (await import(page.dataset.module)).attach(page, { kept, keep, address, say, words, paint });
}

paint();
addEventListener("storage", paint);
addEventListener("pageshow", paint);
