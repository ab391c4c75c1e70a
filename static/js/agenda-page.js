// The page of an agenda: whether it is this reader's own, and what follows from it.
export function attach(page, { kept, keep, address, say, words, paint }) {
  const { agendaPage: edition, codes: shown, asked: given } = page.dataset;
  const [codes, asked] = [shown, given].map((list) => list.split(".").filter(Boolean));
  const mine = kept(edition);
  const isMine = (code) => mine.includes(code);
  // What is kept may be withdrawn since and not be shown: what was asked for counts.
  const own = given && asked.length === mine.length && asked.every(isMine);
  const offer = page.querySelector("[data-keep]");
  const print = page.querySelector("[data-print]");

  // The bare address means the sessions kept here.
  if ("bare" in page.dataset && address()) location.replace(address());

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
    offer.hidden = codes.every(isMine);
    offer.addEventListener("click", () => {
      const done = keep(edition, [...new Set([...kept(edition), ...codes])]);
      say(done ? words.saved : words.failed, offer);
      paint();
    });
  }
}
