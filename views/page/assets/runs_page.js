"use strict";
// All runs below a path: a list or a grid of ten thousand, of which only what is in view is in the page.

const TEXTS = new Set(["key", "run", "state", "reason", "counts", "warning", "renderer", "last_error", "folder", "figure", "thumb", "alarm"]);
const ALIASES = { name: "run", path: "key", logl: "log_likelihood", logz: "log_evidence", error: "last_error" };
const ALARMED = "alarms > 0";
const COLLATOR = new Intl.Collator("en", { numeric: true });
const COLUMNS = [
  ["run", "run", "minmax(11rem, 2fr)"],
  ["state", "state", "7rem"],
  ["alarms", "alarms", "4.5rem"],
  ["iteration", "iteration", "7.5rem"],
  ["log_likelihood", "log likelihood", "9rem"],
  ["log_evidence", "log evidence", "9rem"],
  ["rate", "rate", "5.5rem"],
  ["done", "time left", "6.5rem"],
  ["drawn", "drawn", "5rem"],
  ["updated", "updated", "6.5rem"],
];

/** A row of a table as an object. Numbers are numbers or null; `text` is what plain words are looked for in. */
function rowFrom(fields, names, values) {
  const row = { scalars: {} };
  fields.forEach((field, n) => {
    const value = values[n] ?? null;
    row[field] = TEXTS.has(field) || typeof value === "boolean" || field === "scalars" ? value : number(value);
  });
  const pairs = row.scalars ?? [];
  row.scalars = Object.create(null);
  for (let n = 0; n + 1 < pairs.length; n += 2) row.scalars[names[pairs[n]]] = Number(pairs[n + 1]);
  row.text = [row.key, row.run, row.state, row.reason, row.warning, row.last_error, row.alarm].join("\n").toLowerCase();
  return row;
}

/** The rows that stand below a path, followed. */
class Runs {
  constructor(changed) {
    this.changed = changed;
    this.rows = new Map(); // slot -> row
    this.tables = []; // per file: {digest, slots}
    this.names = new Set();
    this.source = new Followed("index_files/index.js", (source) => this.take(source.value)).start();
    stream.hear(null, (event) => event === "changed" && this.source.look());
  }

  get index() {
    return this.source.value;
  }

  async take(index) {
    if (!index) return this.changed();
    while (this.tables.length > index.tables.length) this.forget(this.tables.pop());
    await Promise.all(index.tables.map((table, n) => this.table(table, n)));
    this.put(index.changed);
    this.changed();
  }

  async table({ file, digest }, n) {
    if (this.tables[n]?.digest === digest) return;
    try {
      const value = await load("index_files/" + file, digest);
      if (this.tables[n]) this.forget(this.tables[n]);
      this.tables[n] = { digest, slots: value.rows.map(([slot]) => slot) };
      this.put(value);
      this.changed();
    } catch {
      this.tables[n] ??= { digest: null, slots: [] };
      setTimeout(() => this.take(this.index), 1000); // it is being replaced
    }
  }

  forget({ slots }) {
    for (const slot of slots) this.rows.delete(slot);
  }

  put({ fields, names, rows }) {
    for (const name of names ?? []) this.names.add(name);
    for (const values of rows) {
      if (values.length === 1) this.rows.delete(values[0]);
      else this.rows.set(values[0], rowFrom(fields, names, values));
    }
  }

  /** How to get a field or a number of a row by its name; null if no run has it. */
  field(name) {
    const [known] = [name, name.toLowerCase(), ALIASES[name.toLowerCase()]].filter((each) => each && (each === "age" || this.has(each)));
    if (this.names.has(name)) return (row) => row.scalars[name] ?? null;
    if (known === "age") return (row) => (row.updated === null ? null : this.source.present - row.updated);
    if (!known) return null;
    return (row) => (typeof row[known] === "boolean" ? String(row[known]) : row[known]);
  }

  has(field) {
    const [row] = this.rows.values();
    return row ? Object.hasOwn(row, field) && !["scalars", "text", "slot", "thumb"].includes(field) : true;
  }

  byKey(key) {
    for (const row of this.rows.values()) if (row.key === key) return row;
    return null;
  }

  thumb(row) {
    if (!row.thumb || !this.index) return null;
    const file = this.index.thumbs.findLast((each) => each.first <= row.slot);
    const value = file && digested.get("index_files/" + file.file, file.digest, () => this.changed(true));
    if (!value) return null;
    value.bySlot ??= new Map(value.thumbs.map((thumb) => [thumb[0], picture(thumb.at(-1))]));
    return value.bySlot.get(row.slot) ?? null;
  }

  /** A run's data; of its row alone if its own are not there. */
  open(row, changed) {
    if (row.page) return new Run(row.folder, changed);
    const { source } = this;
    const fixedSource = {
      get value() { return valueFromRow(row, source.value); },
      get state() { return source.state; },
      get present() { return source.present; },
      get standing() { return source.standing; },
      error: null, look() {}, close() {},
    };
    return Object.assign(Object.create(Run.prototype),
      { folder: "", changed, frames: new Map(), id: null, source: fixedSource, unheard() {} });
  }
}

function valueFromRow(row, { now, next }) {
  const { renderer: state, drawn, skipped, beat, frame_seconds, last_error, scalars } = row;
  const figures = row.figure ? [{ name: "fit", file: row.figure, modified: row.modified, size: 0, step: row.step, error: "" }] : [];
  const renderer = { state, drawn, skipped, beat, frame_seconds, last_error, pid: 0, host: "", last_drawn: null };
  const end = row.done ?? null ? { done: row.done, earliest: row.earliest, latest: row.latest, criterion: "" } : null;
  return { now, next, detail: null, run: { ...row, end, scalars: Object.entries(scalars), alarms: row.alarm ? [{ message: row.alarm, panel: "", figure: "" }] : [] }, renderer, figures };
}

/** Sorted rows: what is unknown comes last, either way. */
function sorted(rows, get, isDown) {
  const keyed = rows.map((row) => [get(row), row]);
  const isUnknown = (value) => value === null || value === undefined || value === "" || Number.isNaN(value);
  const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : COLLATOR.compare(a, b));
  keyed.sort(([a, rowA], [b, rowB]) => {
    if (isUnknown(a) || isUnknown(b)) return isUnknown(a) - isUnknown(b) || rowA.slot - rowB.slot;
    return (isDown ? compare(b, a) : compare(a, b)) || rowA.slot - rowB.slot;
  });
  return keyed.map(([, row]) => row);
}

class RunsPage {
  /** @param at {filter, sort, view}: shared with the address. @param moved Told if the person changed it. */
  constructor(at, moved) {
    Object.assign(this, { at, moved, shown: [], picked: new Map(), items: new Map(), keep: () => true });
    this.runs = new Runs((isPictures) => this.changed(isPictures));
    this.filter = el("input", { type: "search", class: "filter", placeholder: "name, or log_evidence > -1000 and state = running",
      "aria-label": "Filter", spellcheck: "false", autocomplete: "off" });
    this.filter.addEventListener("input", () => ((this.at.filter = this.filter.value), this.moved(), this.refresh()));
    this.sort = el("select", { "aria-label": "Sort by" });
    this.sort.addEventListener("change", () => this.sortBy(this.sort.value, true));
    this.way = button("", "Turn the order", () => this.sortBy(this.field, !this.isDown));
    this.view = button("", "List or grid (g)", () => this.toggleView());
    this.compare = el("a", { class: "button", hidden: true });
    this.totals = el("div", { class: "totals" });
    this.message = el("p", { class: "message", role: "status" });
    this.head = el("div", { class: "row head" });
    this.spacer = el("ul", { class: "spacer", "aria-label": "Runs" });
    this.scroll = el("div", { class: "scroll", tabindex: "-1" }, this.head, this.spacer);
    this.scroll.addEventListener("scroll", () => this.draw(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(this.scroll);
    const tools = el("div", { class: "tools" }, this.filter, this.compare,
      el("span", { class: "sort" }, this.sort, this.way), this.view);
    this.element = el("div", { class: "runs-page" }, tools, this.totals, this.message, this.scroll);
  }

  get isDown() {
    return (this.at.sort ?? "-updated").startsWith("-");
  }

  get field() {
    return (this.at.sort ?? "-updated").replace(/^-/, "");
  }

  get isGrid() {
    return this.at.view === "grid";
  }

  get title() {
    const { index } = this.runs;
    if (!index) return "autoviz-render";
    const counts = Object.fromEntries(index.states);
    const told = ["failed", "died", "running"].filter((state) => counts[state]).map((state) => `${fixed(counts[state])} ${state}`);
    return `${told.join(", ") || counted(index.runs, "run")} · ${printable(index.path, 80)}`;
  }

  /** Once before the next picture of the screen, however much is new. */
  changed(isPictures = false) {
    this.isOther ||= !isPictures;
    if (this.isDue) return;
    this.isDue = true;
    setTimeout(() => {
      const { isOther } = this;
      this.isDue = this.isOther = false;
      if (isOther) this.refresh();
      else this.draw();
      this.onupdate?.();
    }, 16);
  }

  sortBy(field, isDown) {
    this.at.sort = (isDown ? "-" : "") + field;
    this.moved();
    this.refresh();
  }

  toggleView() {
    this.at.view = this.isGrid ? undefined : "grid";
    this.moved();
    this.refresh();
  }

  /** Filter and sort again, and draw what is in view. */
  refresh() {
    if (this.filter.value !== (this.at.filter ?? "")) this.filter.value = this.at.filter ?? "";
    const { runs } = this;
    let error = null;
    try {
      this.keep = filterFrom(this.at.filter ?? "", (name) => runs.field(name));
    } catch (fault) {
      error = fault.message; // what was found last stays while a person goes on typing
    }
    const get = runs.field(this.field) ?? ((row) => row.updated);
    this.hasEnds = [...runs.rows.values()].some((row) => (row.done ?? null) !== null);
    this.shown = sorted([...runs.rows.values()].filter(this.keep), get, this.isDown);
    this.filter.setAttribute("aria-invalid", String(Boolean(error)));
    this.drawTotals();
    this.drawSorts();
    this.drawHead();
    say(this.message, error ? `Filter: ${printable(error, 200)}.` : this.lacking());
    this.message.classList.toggle("bad", Boolean(error));
    this.draw();
  }

  lacking() {
    const { index, source, rows } = this.runs;
    if (!index) return source.error ? `The list of runs ${source.error.message}: ${source.url}` : "Loading …";
    if (!index.runs) return index.is_complete ? "No run below this path yet. One that starts appears here by itself." : "Looking for runs …";
    if (!this.shown.length && rows.size) return "No run is like that.";
    return rows.size < index.runs || !index.is_complete ? "More runs are being read …" : "";
  }

  /** How many there are of each kind; a click shows these. */
  drawTotals() {
    const counts = new Map([["", this.runs.rows.size]]);
    const count = (kind) => counts.set(kind, (counts.get(kind) ?? 0) + 1);
    for (const row of this.runs.rows.values()) {
      count(`state = ${row.state}`);
      if (row.is_silent) count("is_silent = true");
      if (row.alarms) count(ALARMED);
    }
    const words = (kind) => ({ "is_silent = true": "silent", [ALARMED]: "alarmed" }[kind] ?? kind.replace("state = ", ""));
    const chips = [...counts].map(([kind, number]) => [kind, kind ? `${fixed(number)} ${words(kind)}` : counted(number, "run")]);
    const shown = this.shown.length === this.runs.rows.size ? [] : [el("span", {}, `${fixed(this.shown.length)} shown`)];
    const drawn = chips.map((chip) => chip.join()).join() + this.shown.length + this.at.filter;
    if (drawn === this.totals.drawn) return;
    this.totals.drawn = drawn;
    this.totals.replaceChildren(...chips.map(([kind, text]) => button(text, kind || "All", () => this.toFilter(kind),
      { class: "chip state " + words(kind), "aria-pressed": String((this.at.filter ?? "") === kind) })), ...shown);
  }

  toFilter(text) {
    this.at.filter = text;
    this.moved();
    this.refresh();
  }

  drawSorts() {
    const fields = [...COLUMNS.map(([field, title]) => [field, title]), ["started", "started"], ["updates", "quick updates"], ["key", "path"],
      ...[...this.runs.names].sort(COLLATOR.compare).map((name) => [name, printable(name, 40)])];
    const names = fields.map(([field]) => field).join("\n");
    if (names !== this.sort.names) {
      this.sort.names = names;
      this.sort.replaceChildren(...fields.map(([field, title]) => el("option", { value: field }, title)));
    }
    this.sort.value = this.field;
    say(this.way, this.isDown ? "↓" : "↑");
    this.way.setAttribute("aria-label", this.isDown ? "descending" : "ascending");
    say(this.view, this.isGrid ? "list" : "grid");
  }

  /** The columns that are shown: what is sorted by is among them. */
  get columns() {
    const isThere = COLUMNS.some(([field]) => field === this.field) || !this.runs.field(this.field) || this.field === "key";
    const usual = this.hasEnds ? COLUMNS : COLUMNS.filter(([field]) => field !== "done");
    return isThere ? usual : [...usual, [this.field, printable(this.field, 30), "8rem"]];
  }

  drawHead() {
    const title = ([field, text]) => el("span", { class: "cell c-" + classOf(field) }, button(text, `Sort by ${text}`,
      () => this.sortBy(field, this.field === field ? !this.isDown : field !== "run"),
      { class: this.field === field ? (this.isDown ? "sorted down" : "sorted up") : "" }));
    const drawn = this.columns.join() + this.at.sort;
    this.head.hidden = this.isGrid;
    if (drawn === this.head.drawn) return;
    this.head.drawn = drawn;
    this.element.style.setProperty("--columns", "2rem 4.5rem " + this.columns.map(([, , width]) => width).join(" "));
    this.head.replaceChildren(el("span"), el("span"), ...this.columns.map(title));
  }

  /** Put what is in view into the page, and take out what is not. */
  draw() {
    const width = this.spacer.clientWidth;
    if (!width) return;
    this.element.classList.toggle("grid", this.isGrid);
    const [across, high] = this.isGrid ? [Math.max(1, Math.floor(width / (WIDE.matches ? 208 : 170))), 188] : [1, WIDE.matches ? 56 : 68];
    this.spacer.style.height = `${Math.ceil(this.shown.length / across) * high}px`;
    const first = Math.max(0, Math.floor(this.scroll.scrollTop / high) - 3) * across;
    const last = Math.min(this.shown.length, (Math.ceil((this.scroll.scrollTop + this.scroll.clientHeight) / high) + 3) * across);
    const inView = this.shown.slice(first, last);
    const slots = new Set(inView.map((row) => row.slot));
    for (const [slot, item] of this.items) if (!slots.has(slot)) item.remove(), this.items.delete(slot);
    inView.forEach((row, n) => {
      const item = this.items.get(row.slot) ?? this.item(row.slot);
      const place = first + n;
      item.style.transform = `translate(${(100 * (place % across))}%, ${Math.floor(place / across) * high}px)`;
      item.style.width = this.isGrid ? `${width / across}px` : "100%";
      item.style.height = `${high}px`;
      item.setAttribute("aria-setsize", this.shown.length);
      item.setAttribute("aria-posinset", place + 1);
      this.fill(item, row);
    });
  }

  item(slot) {
    const pick = el("input", { type: "checkbox" });
    const link = el("a", { class: "row" });
    const item = el("li", {}, link, pick);
    Object.assign(item, { pick, link, image: el("img", { alt: "" }) });
    pick.addEventListener("change", () => this.choose(item.row, pick.checked));
    this.items.set(slot, item);
    this.spacer.append(item);
    return item;
  }

  /** What a row shows of its run. Only ages change if the run did not. */
  fill(item, row) {
    const url = this.runs.thumb(row);
    item.image.hidden = !url;
    if (url && item.image.src !== url) item.image.src = url;
    const columns = this.columns;
    if (item.row !== row || item.columns !== columns.length + this.isGrid) {
      Object.assign(item, { row, columns: columns.length + this.isGrid });
      item.className = `item ${row.state}${row.is_silent ? " silent" : ""}${row.alarms ? " alarmed" : ""}`;
      item.link.href = "#" + new URLSearchParams({ ...this.kept, run: row.key });
      item.pick.setAttribute("aria-label", `Compare ${printable(row.run, 60)}`);
      const cells = columns.map(([field]) => el("span", { class: `cell c-${classOf(field)}` }, ...cellOf(row, field)));
      item.age = cells[columns.findIndex(([field]) => field === "updated")];
      item.left = cells[columns.findIndex(([field]) => field === "done")];
      item.link.replaceChildren(el("span", { class: "room" }), el("span", { class: "thumb" }, item.image), ...cells);
      item.link.title = printable(row.alarm || row.reason || row.warning || row.key, 500);
    }
    item.pick.checked = this.picked.has(row.key);
    if (item.left) say(item.left, (row.done ?? null) === null ? UNKNOWN : roughly(row.done - this.runs.source.present));
    say(item.age, row.updated === null ? UNKNOWN : ago(this.runs.source.present - row.updated));
  }

  /** Of the address, what stays if a run is opened. */
  get kept() {
    return Object.fromEntries(["filter", "sort", "view"].filter((name) => this.at[name]).map((name) => [name, this.at[name]]));
  }

  choose(row, isPicked) {
    if (isPicked) this.picked.set(row.key, row);
    else this.picked.delete(row.key);
    if (this.picked.size > 2) this.picked.delete(this.picked.keys().next().value);
    const [one, two] = this.picked.keys();
    this.compare.hidden = one === undefined;
    say(this.compare, two === undefined ? "choose another to compare" : "compare the two");
    if (two === undefined) this.compare.removeAttribute("href");
    else this.compare.href = "#" + new URLSearchParams({ ...this.kept, run: one, with: two });
    this.draw();
  }

  tick() {
    for (const item of this.items.values()) this.fill(item, item.row);
  }

  /** The run before or after another in the order that is shown. */
  beside(key, off) {
    const at = this.shown.findIndex((row) => row.key === key);
    return at < 0 ? null : (this.shown[at + off] ?? null);
  }

  key(key) {
    if (key === "g") this.toggleView();
    else return false;
    return true;
  }
}

function classOf(field) {
  return COLUMNS.some(([each]) => each === field) ? field : "extra";
}

/** The inside of a cell. */
function cellOf(row, field) {
  if (field === "run") {
    const note = row.alarms ? `\u26a0\ufe0e ${row.alarm}` : row.is_silent || row.state === "failed" || row.state === "died" || row.reason ? row.reason || row.warning || row.last_error : "";
    const second = note || (row.key === row.run ? row.warning : row.key);
    return [el("b", {}, printable(row.run, 120)), el("small", { class: row.alarms ? "note alarm" : note ? "note" : "" }, printable(second || "", 200))];
  }
  if (field === "state") return [el("span", { class: "pill state " + (row.is_silent ? "silent" : row.state) }, row.is_silent ? "silent" : printable(row.state, 20))];
  const value = Object.hasOwn(row, field) ? row[field] : (row.scalars[field] ?? null);
  if (field === "updated" || field === "done") return [];
  if (field === "alarms") return value ? [el("b", { class: "bad" }, `\u26a0\ufe0e ${fixed(value)}`)] : [];
  if (field === "started") return [clock(value)];
  if (value === null) return [UNKNOWN];
  if (field.startsWith("log_")) return [nats(value)];
  if (field === "rate") return [`${significant(value >= 100 ? Math.round(value) : Number(value.toPrecision(3)))} / s`];
  return [typeof value === "string" ? printable(value, 60) : significant(value)];
}
