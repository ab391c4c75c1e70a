// Forgets kept text once it was saved, and all of it when somebody signs out.
try {
  const sent = sessionStorage.getItem("unsent:sent");
  sessionStorage.removeItem("unsent:sent");
  // "Save, then publish" goes on to the page of that step without a message.
  const saved = document.querySelector(".messagelist .success") || location.pathname.includes("/life/");
  if (sent && saved) localStorage.removeItem(sent);
  document.getElementById("logout-form")?.addEventListener("submit", () => {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith("unsent:")) localStorage.removeItem(key);
    }
  });
} catch { /* Storage may be closed: then nothing was kept. */ }
