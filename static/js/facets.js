// A long facet is searched by its labels; Enter stays in the box.
const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

for (const box of document.querySelectorAll("[data-facet-search]")) {
  const values = [...box.parentElement.querySelectorAll("li")];
  box.hidden = false;
  box.addEventListener("input", () => {
    const wanted = fold(box.value.trim());
    for (const value of values) {
      value.hidden = !fold(value.textContent).includes(wanted);
    }
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
}
