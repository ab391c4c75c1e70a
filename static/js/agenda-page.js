// The page of an agenda: whether it is this reader's own, and what follows from it.
export function attach(page, { kept, keep, address, say, words, paint }) {
  const { agendaPage: edition, codes: shown } = page.dataset;
  const codes = shown.split(".").filter(Boolean);
  const params = new URLSearchParams(location.search);
  const asked = params.getAll("s").join(".").split(".").filter(Boolean);
  const mine = kept(edition);
  // What is kept may be withdrawn since and not be shown: what was asked for counts.
  const own = asked.length > 0 && mine.every((code) => asked.includes(code))
    && asked.every((code) => mine.includes(code));
  const offer = page.querySelector("[data-keep]");
  const print = page.querySelector("[data-print]");

  // The bare address means the sessions kept here, of the current edition first.
  if ("bare" in page.dataset) {
    const others = address() ? [] : elsewhere();
    if (address()) location.replace(address());
    else if (others.length === 1 && !params.has("edition")) location.replace(address(others[0]));
    else lead(others);
  }

  for (const note of page.querySelectorAll("[data-own]")) note.hidden = !own;
  for (const link of page.querySelectorAll("[data-remove]")) {
    link.addEventListener("click", () => {
      const out = link.dataset.remove.split(".");
      // On somebody else's agenda it only leaves the page.
      if (own) keep(edition, kept(edition).filter((code) => !out.includes(code)));
    });
  }
  if (print) {
    print.hidden = false;
    print.addEventListener("click", () => window.print());
  }
  if (offer && !own) {
    offer.hidden = codes.every((code) => mine.includes(code));
    offer.addEventListener("click", () => {
      const done = keep(edition, [...new Set([...kept(edition), ...codes])]);
      say(done ? words.saved : words.failed, offer);
      paint();
    });
  }

  // The editions of which this browser keeps sessions.
  function elsewhere() {
    try {
      const names = Object.keys(localStorage).filter((name) => name.startsWith("agenda:"));
      return names.map((name) => name.slice(7)).filter(address).sort().reverse();
    } catch {
      return [];
    }
  }

  function lead(editions) {
    const list = page.querySelector("[data-elsewhere]");
    for (const name of editions) {
      const link = document.createElement("a");
      const count = document.createElement("span");
      link.className = "button";
      link.href = address(name);
      link.textContent = `${list.dataset.elsewhere.replace("{edition}", name)} `;
      count.className = "agenda-count";
      count.textContent = kept(name).length;
      link.append(count);
      list.append(link, " ");
      list.hidden = false;
    }
  }
}
