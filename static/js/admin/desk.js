// The table of sessions: clashes and faults are shown while one types.
const form = document.querySelector("[data-desk]");
const clashes = document.querySelector("[data-clashes]");
const problems = document.querySelector("[data-problems]");
let sending = false;
let timer;
let asked = 0;

const shown = (field) =>
  field.options ? ([...field.options].find((one) => one.defaultSelected) ?? field.options[0]).value : field.defaultValue;

const changedRows = () =>
  [...form.querySelectorAll("[data-row]")].filter((row) =>
    [...row.querySelectorAll("input:not([type=hidden]), select")].some((field) => field.value !== shown(field)));

async function check() {
  const mine = ++asked;
  const data = new FormData();
  data.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  data.set("check", "1");
  for (const row of changedRows()) {
    for (const field of row.querySelectorAll("input, select")) data.set(field.name, field.value);
  }
  let told;
  try {
    const answer = await fetch(location.href, { method: "POST", body: data, headers: { Accept: "application/json" } });
    told = await answer.json();
  } catch { return; /* The save will tell. */ }
  if (mine !== asked) return;
  clashes.hidden = told.clashes.length === 0;
  clashes.querySelector("ul").replaceChildren(...told.clashes.map((words) => item("li", words)));
  problems.replaceChildren(...told.errors.map((words) => item("p", words)));
  for (const row of form.querySelectorAll("[data-row]")) {
    const found = told.clashing[row.dataset.row] || [];
    row.classList.toggle("clashing", found.length > 0);
    row.querySelector("[data-clash]").replaceChildren(...found.map((words) => item("span", words)));
  }
}

function item(tag, words) {
  const made = document.createElement(tag);
  made.textContent = words;
  return made;
}

form.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(check, 600);
});
form.addEventListener("submit", () => { sending = true; });
addEventListener("beforeunload", (event) => {
  if (!sending && changedRows().length) event.preventDefault();
});
