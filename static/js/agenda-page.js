// The page of an agenda: whether it is this reader's own, and what follows from it.
export function attach(page, { kept, keep, address, say, words, paint }) {
  const { agendaPage: edition, codes: shown } = page.dataset;
  const codes = shown.split(".").filter(Boolean);
  const mine = kept(edition);
  const own = codes.length > 0 && codes.length === mine.length
    && codes.every((code) => mine.includes(code));
  const offer = page.querySelector("[data-keep]");
  const print = page.querySelector("[data-print]");

  // The bare address means the sessions kept here.
  if ("bare" in page.dataset && address()) location.replace(address());

  for (const note of page.querySelectorAll("[data-own]")) note.hidden = !own;
  for (const link of page.querySelectorAll("[data-remove]")) {
    link.addEventListener("click", () => {
      // On somebody else's agenda it only leaves the page.
      if (own) keep(edition, kept(edition).filter((code) => code !== link.dataset.remove));
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
}
