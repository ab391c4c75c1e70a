// A long facet is searched by its labels; Enter stays in the box. The address names
// only what is chosen, and who comes back by the browser's history sees just that.
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

const form = document.querySelector(".filters form");

form.addEventListener("formdata", ({ formData }) => {
  for (const [name, value] of [...formData]) if (!value) formData.delete(name);
});

addEventListener("pageshow", (event) => {
  const back = performance.getEntriesByType("navigation")[0]?.type === "back_forward";
  if (!event.persisted && !back) return;
  form.reset();
  for (const box of form.querySelectorAll("[data-facet-search]")) {
    box.dispatchEvent(new Event("input"));
  }
});
