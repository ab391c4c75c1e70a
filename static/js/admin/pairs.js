// Below a text: how long it is, and a way to begin with the other language's.
const words = document.getElementById("writing-words").dataset;
const ENDING = /_(en|zh_hans)$/;
const OTHER = { en: "zh_hans", zh_hans: "en" };
const WORD = /[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*/gu;
const CHARACTER = /\p{Script=Han}/gu;

function counted(field, language) {
  const [name, pattern] = language === "en" ? [words.words, WORD] : [words.characters, CHARACTER];
  const number = field.value.match(pattern)?.length ?? 0;
  return `${name}: ${number}${field.dataset.guide ? ` (${field.dataset.guide})` : ""}`;
}

function attach(field) {
  const language = field.id.match(ENDING)?.[1];
  if (!language || field.dataset.paired || field.id.includes("__prefix__")) return;
  const other = document.getElementById(field.id.replace(ENDING, `_${OTHER[language]}`));
  if (!other) return;
  field.dataset.paired = "yes";
  const foot = document.createElement("div");
  foot.className = "writing-foot";
  const count = document.createElement("span");
  const copy = document.createElement("button");
  copy.type = "button";
  copy.textContent = language === "en" ? words.fromChinese : words.fromEnglish;
  copy.addEventListener("click", () => {
    field.focus();
    field.select();
    // By command, so that Ctrl+Z brings back what stood there.
    if (!document.execCommand("insertText", false, other.value)) {
      field.value = other.value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });
  if (field.localName === "textarea") foot.append(count);
  foot.append(copy);
  const say = () => {
    count.textContent = counted(field, language);
    copy.hidden = !other.value || other.value === field.value;
  };
  for (const one of [field, other]) one.addEventListener("input", say);
  say();
  // Below the preview, where there is one.
  const preview = document.getElementById(`${field.id}-preview`);
  (preview ?? field).after(foot);
}

for (const field of document.querySelectorAll("textarea[lang]")) attach(field);
// A short field gets its button when somebody comes to it, in rows added later too.
document.addEventListener("focusin", ({ target }) => {
  if (target.matches("textarea[lang], input[type=text][lang]")) attach(target);
});
