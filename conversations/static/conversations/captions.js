/** What was said, as it is said: two large captions, the source of an answer, and the whole transcript. */

const NO_DOCUMENT = "00000000-0000-0000-0000-000000000000";

export class Captions {
  constructor(root, words, pageUrl) {
    this.words = words;
    this.pageUrl = pageUrl;
    this.patient = root.querySelector("#caption-patient");
    this.misheard = root.querySelector("#misheard"); // on the patient's page: offered while their spoken words stand there
    this.assistant = root.querySelector("#caption-assistant");
    this.source = root.querySelector("#source");
    this.list = root.querySelector("#transcript");
    this.empty = root.querySelector("#transcript-empty");
    this.open = {}; // who → the line that is still being heard
  }

  show(message) {
    if (message.who === "assistant") this.#assistant(message);
    else this.#person(message);
  }

  /** The assistant was interrupted: only what was heard stays. */
  cut(text) {
    this.assistant.textContent = `${text}…`;
    const last = this.list.querySelector("li.said-assistant:last-of-type p");
    if (last) last.firstChild.textContent = `${text}…`;
  }

  #person({ who, name, text, final, typed }) {
    const caption = who === "patient" ? this.patient : this.assistant;
    caption.hidden = false;
    caption.textContent = text;
    caption.classList.toggle("partial", !final);
    if (this.misheard && who === "patient") this.misheard.hidden = !final || typed;
    this.open[who] ??= this.#line(who, name ?? this.words.you);
    this.open[who].firstChild.textContent = text;
    if (final) delete this.open[who];
    this.#scroll();
  }

  #assistant({ text, citation, act }) {
    this.assistant.hidden = false;
    this.assistant.textContent = text;
    this.assistant.dataset.act = act;
    this.source.hidden = !citation;
    this.source.replaceChildren(...(citation ? [this.#chip(citation)] : []));
    const line = this.#line("assistant", this.words.assistant);
    line.firstChild.textContent = text;
    if (citation) line.append(" ", this.#chip(citation));
    this.open = {};
    this.#scroll();
  }

  #line(who, name) {
    this.empty.hidden = true;
    const item = document.createElement("li");
    item.className = `said-${who}`;
    const speaker = document.createElement("strong");
    speaker.textContent = name;
    const text = document.createElement("p");
    text.append(document.createTextNode(""));
    item.append(speaker, text);
    this.list.append(item);
    return text;
  }

  #chip(citation) {
    const chip = document.createElement("a");
    chip.className = "source";
    chip.target = "_blank";
    chip.rel = "noopener";
    const { document_id, page, start, end } = citation;
    chip.href = `${this.pageUrl.replace(NO_DOCUMENT, document_id).replace("/0/", `/${page}/`)}?start=${start}&end=${end}`;
    chip.textContent = this.words.page.replace("{title}", citation.title).replace("{page}", page);
    return chip;
  }

  #scroll() {
    this.list.scrollTop = this.list.scrollHeight;
  }
}
