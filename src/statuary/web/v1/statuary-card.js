// <statuary-card code="smtp/452" lang="fr"></statuary-card>: the card of a code, from the server of this script.
// What stands inside the element is shown until the card is there, and where it cannot be had.
const base = new URL("../", import.meta.url);
// Light or dark like the place in which it stands: by an inherited color-scheme.
const sheet = new CSSStyleSheet();
sheet.replaceSync(`
:host { display: block; max-width: 36rem; font: 1rem/1.5 system-ui, sans-serif; }
:host([hidden]) { display: none; }
article { --c: #645c50; border: 1px solid #8a8275; border-left: .4rem solid var(--c); border-radius: 4px;
  padding: .75rem 1rem; overflow-wrap: anywhere;
  background: light-dark(#fffdf8, #211e1a); color: light-dark(#211d18, #ece5d8); }
.c1 { --c: #45596c; } .c2 { --c: #1b6b58; } .c3 { --c: #33509f; }
.c4 { --c: #875600; } .c5 { --c: #a3321e; } .c6 { --c: #6f3a6d; }
a { color: light-dark(#1f4a78, #9fc3ec); border-radius: 2px; }
a:focus-visible { outline: 3px solid currentcolor; outline-offset: 2px; }
p { margin: .4em 0 0; }
.name { margin: 0; font-weight: 600; }
.class { color: light-dark(#5d5548, #b1a797); font-size: .9em; }
code { font: .9em ui-monospace, monospace; }`);

const make = (tag, properties, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

// Prose is Markdown of one line; of its marks only `code` is shown as such.
const prose = (text) => text.split("`").map((part, place) => (place % 2 ? make("code", {}, part) : part));

class StatuaryCard extends HTMLElement {
  static observedAttributes = ["code", "lang"];
  #reading;

  constructor() {
    super();
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [sheet];
    this.shadowRoot.append(make("slot"));
  }

  connectedCallback() {
    this.#load();
  }

  disconnectedCallback() {
    this.#reading?.abort();
  }

  attributeChangedCallback() {
    if (this.isConnected) this.#load();
  }

  async #load() {
    this.#reading?.abort();
    const reading = (this.#reading = new AbortController());
    await null; // several attributes that change together are one change
    if (reading.signal.aborted) return;
    const path = (this.getAttribute("code") ?? "").trim().split("/").map(encodeURIComponent);
    this.setAttribute("aria-busy", "true");
    let card = make("slot");
    try {
      const wanted = (this.closest("[lang]")?.lang ?? "").split("-")[0].toLowerCase();
      let answer = path.length === 2 ? await this.#get(path, wanted, reading) : null;
      if (answer?.status === 400) answer = await this.#get(path, "", reading); // a language that there is none of
      if (answer?.ok) card = this.#card(await answer.json());
    } catch {
      // No network, no server, or another card is wanted meanwhile.
    }
    if (reading.signal.aborted) return;
    this.shadowRoot.replaceChildren(card);
    this.removeAttribute("aria-busy");
    this.dispatchEvent(new CustomEvent(card.localName === "slot" ? "statuary-missing" : "statuary-shown"));
  }

  #get(path, lang, reading) {
    const url = new URL(`api/v1/codes/${path.join("/")}`, base);
    if (lang) url.searchParams.set("lang", lang);
    return fetch(url, { signal: reading.signal, credentials: "omit" });
  }

  #card(code) {
    const digit = /^[1-6](?=\.?[xy])/i.exec(code.class)?.[0] ?? "x";
    const page = new URL(`${code.language}/${code.id}`, base).href;
    const lang = code.untranslated.includes("summary") || !code.prose.summary ? "en" : code.language;
    const link = make("a", { href: page, lang: "en", translate: false }, [...new Set([code.id, code.title])].join(" "));
    return make("article", { className: `c${digit}`, ariaLabel: `${code.id} ${code.title}` },
      make("p", { className: "name" }, link),
      make("p", { className: "class", lang: "en" }, [code.class, code.owner].filter(Boolean).join(" · ")),
      make("p", { lang }, ...prose(code.summary)));
  }
}

if (!customElements.get("statuary-card")) customElements.define("statuary-card", StatuaryCard);
