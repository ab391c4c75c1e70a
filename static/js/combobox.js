// Suggestions below a search form: an editable combobox with a list, as WAI-ARIA
// describes it. The form works without; Enter on nothing chosen sends it.
const WAIT = 120; // ms after the last key

let number = 0;

export function attach(form) {
  const input = form.elements.q;
  const list = document.createElement("div");
  const status = document.createElement("p");
  const id = `suggestions-${number += 1}`;
  let options = [], current = -1, timer, request;

  list.id = id;
  list.className = "suggestions";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", form.getAttribute("aria-label"));
  status.className = "visually-hidden";
  status.setAttribute("role", "status");
  form.append(list, status);
  set({ role: "combobox", "aria-autocomplete": "list", "aria-haspopup": "listbox",
    "aria-controls": id, "aria-expanded": "false" });

  input.addEventListener("input", (event) => event.isComposing || wait());
  input.addEventListener("compositionend", wait);
  input.addEventListener("keydown", press);
  input.addEventListener("blur", close);
  // The mouse leaves the focus where it is, so that the list stays until the click.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) location.assign(option.dataset.url);
  });
  // What was typed while this script was on its way.
  if (input.value !== input.defaultValue) wait();

  function set(attributes) {
    for (const [name, value] of Object.entries(attributes)) input.setAttribute(name, value);
  }

  function wait() {
    clearTimeout(timer);
    request?.abort();
    timer = setTimeout(ask, WAIT);
  }

  async function ask() {
    const text = input.value.trim();
    if (!text) return show([], "");
    request = new AbortController();
    try {
      const address = `${form.dataset.suggest}?q=${encodeURIComponent(text)}`;
      const response = await fetch(address, { signal: request.signal });
      const answer = await response.json();
      if (text === input.value.trim() && document.activeElement === input) {
        show(answer.groups, answer.status);
      }
    } catch { /* Overtaken by the next key, or no network: the form still works. */ }
  }

  function show(groups, said) {
    list.replaceChildren(...groups.map((group, at) => {
      const box = element("div", { role: "group", "aria-labelledby": `${id}-${at}` });
      box.append(element("div", { id: `${id}-${at}`, class: "suggestions-kind", role: "presentation" }, group.label));
      box.append(...group.items.map(option));
      return box;
    }));
    options = [...list.querySelectorAll("[role=option]")];
    options.forEach((one, at) => { one.id = `${id}-option-${at}`; });
    choose(-1);
    list.hidden = !options.length;
    set({ "aria-expanded": String(!list.hidden) });
    status.textContent = said;
  }

  function option(item) {
    const one = element("div", { role: "option", "aria-selected": "false" });
    one.dataset.url = item.url;
    const title = element("span", item.lang ? { lang: item.lang } : {});
    title.innerHTML = item.title; // escaped by the server, which marks the words
    one.append(title);
    if (item.matched) {
      const other = element("span", { class: "suggestions-other", lang: item.matched_lang });
      other.innerHTML = item.matched;
      one.append(" ", other);
    }
    return one;
  }

  function element(name, attributes, text = "") {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.textContent = text;
    return made;
  }

  function choose(at) {
    options[current]?.setAttribute("aria-selected", "false");
    current = at;
    const one = options[at];
    if (!one) return input.removeAttribute("aria-activedescendant");
    one.setAttribute("aria-selected", "true");
    one.scrollIntoView({ block: "nearest" });
    set({ "aria-activedescendant": one.id });
  }

  function close() {
    clearTimeout(timer);
    request?.abort();
    list.hidden = true;
    choose(-1);
    set({ "aria-expanded": "false" });
  }

  function press(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey) return;
    const last = options.length - 1;
    if (list.hidden) {
      if (event.key === "ArrowDown" && input.value.trim()) {
        event.preventDefault();
        ask();
      }
      return;
    }
    const moves = {
      // One step beyond either end is the field itself.
      ArrowDown: current === last ? -1 : current + 1,
      ArrowUp: current === -1 ? last : current - 1,
      Home: 0,
      End: last,
    };
    if (event.key in moves && (event.key.startsWith("Arrow") || current >= 0)) {
      event.preventDefault();
      choose(moves[event.key]);
    } else if (event.key === "Enter" && current >= 0) {
      event.preventDefault();
      location.assign(options[current].dataset.url);
    } else if (event.key === "Escape") {
      event.preventDefault();
      close();
    }
  }
}
