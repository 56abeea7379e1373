"use strict";
// The site works without this file. It keeps a waiting page up to date, until
// the platform was asked in vain, and a form from being sent twice.

const waiting = document.querySelector("[data-wait]");
const ask = document.getElementById("ask");
if (waiting && ask) {
  const look = async () => {
    try {
      const answer = await fetch(waiting.dataset.wait, { cache: "no-store" });
      if (answer.ok && (await answer.json()).over) {
        ask.requestSubmit();
        return;
      }
    } catch {
      // the next look may do better
    }
    setTimeout(look, 2000);
  };
  setTimeout(look, 2000);
}

for (const form of document.forms) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}

// A page that comes out of the browser's history may be sent again.
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});
