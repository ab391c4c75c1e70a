// Before the first paint: the theme that this reader chose, if any.
try {
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") {
    document.documentElement.dataset.theme = theme;
  }
} catch { /* Storage may be closed: follow the system. */ }
