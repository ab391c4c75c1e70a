// A toolbar and a live preview for texts in Markdown. Without it they are plain fields.
const words = document.getElementById("writing-words").dataset;
const MARKS = {
  bold: { key: "b", around: ["**", "**"] },
  italic: { key: "i", around: ["*", "*"] },
  link: { key: "k", around: ["[", "](https://)"] },
  heading: { line: "### " },
  list: { line: "- " },
  quote: { line: "> " },
};
// Pasted HTML that says more than its plain text.
const FORMATTED = /<(a|b|strong|i|em|ul|ol|li|h[1-6]|table|blockquote)[\s>]/i;

// Typed by command, so that Ctrl+Z takes it back.
function type(field, text) {
  field.focus();
  if (!document.execCommand("insertText", false, text)) {
    field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function mark(field, { around, line }) {
  const { value } = field;
  let { selectionStart: start, selectionEnd: end } = field;
  if (line) {
    start = value.lastIndexOf("\n", start - 1) + 1;
    field.setSelectionRange(start, end);
    const lines = value.slice(start, end).split("\n");
    const marked = lines.every((one) => one.startsWith(line));
    type(field, lines.map((one) => (marked ? one.slice(line.length) : line + one)).join("\n"));
    return;
  }
  const [before, after] = around;
  const chosen = value.slice(start, end);
  if (value.slice(start - before.length, start) === before && value.slice(end, end + after.length) === after) {
    field.setSelectionRange(start - before.length, end + after.length);
    type(field, chosen);
    field.setSelectionRange(start - before.length, end - before.length);
    return;
  }
  type(field, before + chosen + after);
  start += before.length;
  field.setSelectionRange(start, start + chosen.length);
}

async function ask(field, name, text) {
  const body = new FormData();
  body.set(name, text);
  body.set("csrfmiddlewaretoken", field.form.elements.csrfmiddlewaretoken.value);
  const answer = await fetch(field.dataset.markdown, { method: "POST", body });
  // Who was signed out meanwhile is sent to the login page.
  if (!answer.ok || answer.redirected) throw new Error(answer.status);
  return answer.text();
}

function previewOf(field, button) {
  const box = document.createElement("div");
  box.className = "writing-preview";
  box.id = `${field.id}-preview`;
  box.lang = field.lang;
  box.hidden = true;
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", `${words.preview}: ${field.labels[0]?.textContent ?? ""}`);
  field.after(box);
  let waiting, latest = 0;
  const show = async () => {
    const turn = ++latest;
    try {
      const html = await ask(field, "text", field.value);
      // Made safe by the server, as on the public page.
      if (turn === latest) box.innerHTML = html || words.empty;
    } catch {
      if (turn === latest) box.textContent = words.failed;
    }
  };
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    if (!box.hidden) waiting = setTimeout(show, 400);
  });
  button.setAttribute("aria-expanded", "false");
  button.setAttribute("aria-controls", box.id);
  button.addEventListener("click", () => {
    box.hidden = !box.hidden;
    button.setAttribute("aria-expanded", String(!box.hidden));
    if (!box.hidden) show();
  });
}

function attach(field) {
  const bar = document.createElement("div");
  bar.className = "writing-bar";
  bar.setAttribute("role", "toolbar");
  bar.setAttribute("aria-label", words.toolbar);
  bar.setAttribute("aria-controls", field.id);
  for (const name of [...Object.keys(MARKS), "preview"]) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = words[name];
    button.tabIndex = bar.children.length ? -1 : 0;
    const one = MARKS[name];
    if (one?.key) button.title = `${words[name]} (Ctrl+${one.key.toUpperCase()})`;
    if (one) button.addEventListener("click", () => mark(field, one));
    bar.append(button);
  }
  // One stop of the Tab key; the arrows lead from button to button.
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const buttons = [...bar.children];
    const next = buttons.at((buttons.indexOf(event.target) + step) % buttons.length);
    for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
    next.focus();
    event.preventDefault();
  });
  field.before(bar);
  previewOf(field, bar.lastChild);
  field.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    const one = Object.values(MARKS).find(({ key }) => key === event.key.toLowerCase());
    if (!one) return;
    event.preventDefault();
    mark(field, one);
  });
  // What comes formatted from Word or a page becomes Markdown; Ctrl+Shift+V pastes it plain.
  field.addEventListener("paste", async (event) => {
    const html = event.clipboardData.getData("text/html");
    if (!FORMATTED.test(html)) return;
    event.preventDefault();
    const plain = event.clipboardData.getData("text/plain");
    type(field, await ask(field, "html", html).catch(() => plain));
  });
}

for (const field of document.querySelectorAll("textarea[data-markdown]")) attach(field);
