// Forgets kept text once it was saved, and all of it when somebody signs out.
try {
  const sent = sessionStorage.getItem("unsent:sent");
  sessionStorage.removeItem("unsent:sent");
  if (sent && document.querySelector(".messagelist :is(.success, .info)")) localStorage.removeItem(sent);
  document.getElementById("logout-form")?.addEventListener("submit", () => {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith("unsent:")) localStorage.removeItem(key);
    }
  });
} catch { /* Storage may be closed: then nothing was kept. */ }
