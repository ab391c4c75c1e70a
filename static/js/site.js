// Small comforts. Every page works without them.
const root = document.documentElement;

for (const button of document.querySelectorAll("[data-theme-toggle]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    try {
      localStorage.setItem("theme", root.dataset.theme);
    } catch { /* Storage may be closed: the choice lasts for this page. */ }
  });
}

// Escape closes the phone menu and gives the focus back to its switch.
const menu = document.querySelector("[data-menu]");
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && menu?.open) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// Addresses without a language remember the one that was chosen last.
for (const link of document.querySelectorAll("[data-language]")) {
  link.addEventListener("click", () => {
    const language = link.hreflang.toLowerCase();
    document.cookie = `django_language=${language}; path=/; max-age=31536000; samesite=lax`;
  });
}

// A citation is copied as it is read; without a clipboard it can be selected.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.closest("div").querySelector(".cite").innerText);
    button.nextElementSibling.textContent = button.dataset.copy;
  });
}

// Suggestions come with the first visit to a search field.
document.addEventListener("focusin", async ({ target }) => {
  const form = target.closest("form[data-module]");
  if (!form) return;
  const { module } = form.dataset;
  delete form.dataset.module;
  (await import(module)).attach(form);
});
