// Keeps what is typed in a form until it is saved, asks before leaving, sends once.
const data = document.getElementById("writing-words");
const words = data.dataset;
const form = data.closest("form");
const key = `unsent:${words.user}:${location.pathname}`;
const refused = form.querySelector(".errornote") !== null;
let initial, last, sent = false;

const isKept = (field) => field.name && field.name !== "csrfmiddlewaretoken"
  && !["file", "password", "submit", "button"].includes(field.type);
const isTicked = (field) => ["checkbox", "radio"].includes(field.type);

function read() {
  return [...form.elements].filter(isKept).map((field) => [
    field.name,
    isTicked(field) ? [field.value, field.checked]
      : field.options ? [...field.selectedOptions].map(({ value, text }) => [value, text])
        : field.value,
  ]);
}

function write(fields) {
  // Rows that were added by hand are added again first.
  for (const [name, value] of fields) {
    const [, prefix] = name.match(/^(.*)-TOTAL_FORMS$/) ?? [];
    const total = prefix && form.elements[name];
    for (let more = total ? value - total.value : 0; more > 0; more -= 1) {
      document.querySelector(`#${CSS.escape(prefix)}-group .add-row a`)?.click();
    }
  }
  for (const [name, value] of fields) {
    for (const field of [...form.elements].filter((one) => one.name === name && isKept(one))) {
      if (name.endsWith("_FORMS")) continue;
      if (isTicked(field)) {
        if (field.value === value[0]) [, field.checked] = value;
      } else if (field.options) {
        for (const [chosen, text] of value) {
          if (![...field.options].some((one) => one.value === chosen)) field.add(new Option(text, chosen));
        }
        for (const option of field.options) option.selected = value.some(([chosen]) => chosen === option.value);
        // Django's autocompletes listen to their own kind of event.
        window.django?.jQuery(field).trigger("change");
      } else field.value = value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }
}

function store(method, ...values) {
  try {
    return localStorage[method](key, ...values);
  } catch {
    return null; // Storage may be closed or full: then nothing is kept.
  }
}

// Whatever others have saved since: is it the same that was typed?
const typed = (fields) => JSON.stringify(fields.filter(([name]) => name !== "_opened"));

const isChanged = () => refused || JSON.stringify(read()) !== initial;

function keep() {
  if (initial === undefined) return;
  const fields = read(), text = JSON.stringify(fields);
  if (text === last) return;
  last = text;
  if (isChanged()) store("setItem", JSON.stringify({ at: Date.now(), fields }));
  else store("removeItem");
}

function offer({ at, fields }) {
  const box = document.createElement("section");
  box.className = "unsent";
  const when = new Date(at), today = when.toDateString() === new Date().toDateString();
  const shown = today
    ? when.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" })
    : when.toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" });
  const said = document.createElement("p");
  said.setAttribute("role", "status");
  const answer = (name, act) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = words[name];
    button.addEventListener("click", () => {
      act();
      box.remove();
      (form.querySelector("input:not([type=hidden])") ?? form).focus();
    });
    return button;
  };
  box.append(said, answer("restore", () => write(fields)), " ", answer("discard", () => {
    store("removeItem");
    last = undefined;
    keep();
  }));
  form.prepend(box);
  said.textContent = words.unsent.replace("{when}", shown);
}

function begin() {
  last = JSON.stringify(read());
  initial = last;
  const kept = JSON.parse(store("getItem") ?? "null");
  if (refused) store("setItem", JSON.stringify({ at: Date.now(), fields: read() }));
  else if (kept && typed(kept.fields) !== typed(read())) offer(kept);
}

if (document.readyState === "complete") begin();
else addEventListener("load", begin);

let waiting;
form.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(keep, 800);
});
// Autocompletes and removed rows tell nobody.
setInterval(keep, 3000);
document.addEventListener("visibilitychange", keep);

addEventListener("beforeunload", (event) => {
  keep();
  if (!sent && initial !== undefined && isChanged()) event.preventDefault();
});

form.addEventListener("submit", (event) => {
  if (sent) {
    event.preventDefault();
    return;
  }
  sent = true;
  keep();
  // The next page says whether it was saved: see kept.js.
  sessionStorage.setItem("unsent:sent", key);
  setTimeout(() => { sent = false; }, 10000);
});
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) sent = false;
});
