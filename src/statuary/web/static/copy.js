// Copies a file as it stands on the page, to the last newline, and keeps options whole. The page reads without it.
"use strict";
(() => {
  const SHOWN_MILLISECONDS = 2000;

  // The clipboard is offered to secure origins only; elsewhere the selection is copied.
  const copy = async (text) => {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    if (!done) throw new Error("not copied");
  };

  for (const button of document.querySelectorAll("button.copy")) {
    const code = button.parentElement.nextElementSibling.querySelector("code");
    const label = button.textContent;
    button.setAttribute("aria-live", "polite");
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        const typed = [...code.querySelectorAll(".typed")];
        // Of what a terminal shows, the commands alone; of anything else, all.
        await copy(typed.length ? typed.map((line) => `${line.textContent.slice(2)}\n`).join("") : code.textContent);
      } catch {
        getSelection().selectAllChildren(code);
        return;
      }
      button.textContent = button.dataset.done;
      setTimeout(() => { button.textContent = label; }, SHOWN_MILLISECONDS);
    });
  }

  // A browser ends a line behind every hyphen. The page has a command as plain text, for programs that read it.
  for (const code of document.querySelectorAll("pre.command code")) {
    if (code.children.length) continue;
    const parts = code.textContent.split(/(?<=^|\s)(--?[A-Za-z][\w-]*)/);
    code.replaceChildren(...parts.map((part, place) => {
      if (place % 2 === 0) return part;
      const option = document.createElement("span");
      option.className = "option";
      option.textContent = part;
      return option;
    }));
  }

  // A link to a framework opens it, also where the browser does not do so by itself.
  const open = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const details = target && target.closest("details");
    if (details && !details.open) {
      details.open = true;
      details.scrollIntoView();
    }
  };
  addEventListener("hashchange", open);
  open();
})();
