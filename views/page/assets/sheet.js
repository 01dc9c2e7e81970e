"use strict";
// A contact sheet: the panels of every run, marked by a key. `views/page/sheet.py` is the format of its data.

const SHEET_KEYS = [
  ["← → ↑ ↓, j k", "the next run, the one before"],
  ["g", "good"],
  ["b", "bad"],
  ["l", "look again"],
  ["n", "a note"],
  ["u", "no mark"],
  ["1 … 6", "all runs, those without a mark, good, bad, to look at again, with a note"],
  ["+ −", "larger, smaller"],
  ["s", "save marks.csv"],
  ["t", "light or dark"],
  ["Esc", "out of a note"],
  ["?", "these keys"],
];
const FILTERS = [
  ["all", () => true],
  ["unmarked", (made) => !made.mark],
  ["good", (made) => made.mark === "good"],
  ["bad", (made) => made.mark === "bad"],
  ["look again", (made) => made.mark === "look"],
  ["with a note", (made) => made.note !== ""],
];
const SIZES = [160, 220, 300, 430, 640, 900, 1300];

const place = document.getElementById("page");
const bar = document.getElementById("bar");
const help = document.getElementById("help");

class Sheet {
  constructor(value) {
    this.value = value;
    this.marks = new Marks((run) => this.marked(run));
    this.marks.read(value.rows);
    this.filter = 0;
    this.size = SIZES.findIndex((size) => size >= Math.min(value.width, 640));
    if (this.size < 0) this.size = SIZES.length - 1;
    this.cells = el("div", { class: "cells" });
    this.shots = [];
    this.byRun = new Map();
    this.seen = new IntersectionObserver((entries) => this.show(entries), { root: place, rootMargin: "800px 0px" });
    this.build();
    this.buildBar();
    place.replaceChildren(this.cells);
    this.resize(0);
    this.refresh();
    this.at = null;
    if (this.shots.length) this.go(this.shots[0], false);
    if (SERVED) this.marks.fetch();
  }

  build() {
    const { rows, strips } = this.value;
    let first = 0;
    for (const [name, count, across] of strips) {
      for (let number = 0; number < count && first + number < rows.length; number += 1) {
        this.shots.push(this.shot(rows[first + number], { name, count, across, number }));
      }
      first += count;
    }
    this.cells.append(...this.shots);
  }

  shot([run, name, number, state], strip) {
    const picture = el("div", { class: strip.name ? "strip-picture" : "strip-picture lost", role: "img" });
    picture.setAttribute("aria-label", this.value.panels.map((each) => printable(each, 60)).join(", "));
    picture.style.aspectRatio = this.value.width + " / " + this.value.height;
    const title = printable(run === "." ? name : run);
    const badge = el("span", { class: "badge" });
    const note = el("small", { class: "note", hidden: true });
    const made = el(
      "article",
      { class: "shot", tabindex: "-1", onclick: () => this.go(made, false) },
      el("header", {}, el("b", { title: printable(name) }, title), badge,
        state === "failed" || state === "died" ? el("span", { class: "state " + state }, state) : null,
        el("span", { class: "number" }, printable(number))),
      picture,
      note,
    );
    Object.assign(made, { run, strip, picture, badge, noteLine: note });
    this.byRun.set(run, made);
    this.seen.observe(made);
    this.paint(made);
    return made;
  }

  /** Load the pictures of what comes into sight; each is that of several runs. */
  show(entries) {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      this.seen.unobserve(target);
      const { name, count, across, number } = target.strip;
      if (!name) continue;
      const down = Math.ceil(count / across);
      const part = (index, of) => (of > 1 ? (100 * index) / (of - 1) : 0) + "%";
      Object.assign(target.picture.style, {
        backgroundImage: 'url("sheet_files/' + encodeURIComponent(name) + '")',
        backgroundSize: 100 * across + "% " + 100 * down + "%",
        backgroundPosition: part(number % across, across) + " " + part(Math.floor(number / across), down),
      });
    }
  }

  paint(shot) {
    const made = this.marks.of(shot.run);
    for (const mark of Object.keys(MARKS)) {
      shot.classList.toggle("is-" + mark, made.mark === mark);
      shot.badge.classList.toggle("is-" + mark, made.mark === mark);
    }
    say(shot.badge, MARKS[made.mark] ?? "");
    say(shot.noteLine, printable(made.note, LONGEST_NOTE));
    shot.noteLine.hidden = !made.note;
  }

  marked(run) {
    if (run === null) this.shots.forEach((shot) => this.paint(shot));
    else this.paint(this.byRun.get(run));
    this.drawBar();
  }

  buildBar() {
    const { title, heading } = this.value;
    this.chips = FILTERS.map(([name], number) => button("", "key " + (number + 1), () => this.choose(number), { class: "chip" }));
    this.fact = el("span", { class: "fact" });
    this.saver = button("", "key s", () => this.marks.save());
    bar.replaceChildren(
      el("h1", {}, printable(title)),
      el("span", { class: "fact" }, printable(heading)),
      ...this.chips,
      el("span", { class: "gap" }),
      this.fact,
      ...(SERVED ? [] : [this.saver]),
      button("−", "smaller: key −", () => this.resize(-1)),
      button("+", "larger: key +", () => this.resize(1)),
      button("Keys", "key ?", () => this.keys()),
    );
    document.title = "sheet · " + printable(title, 100);
  }

  drawBar() {
    const made = this.shots.map((shot) => this.marks.of(shot.run));
    FILTERS.forEach(([name, fits], number) => {
      say(this.chips[number], name + " " + fixed(made.filter(fits).length));
      this.chips[number].setAttribute("aria-pressed", String(number === this.filter));
    });
    const count = this.marks.unsaved.size;
    say(this.saver, count ? "Save marks.csv (" + fixed(count) + " new)" : "Save marks.csv");
    say(this.fact, this.marks.error || (count && !SERVED ? "kept in this browser until saved beside this page" : ""));
    this.fact.classList.toggle("bad", this.marks.error !== "");
  }

  choose(number) {
    this.filter = number;
    this.refresh();
    if (!this.at || this.at.hidden) this.go(this.shown()[0] ?? null, false);
    else this.at.scrollIntoView({ block: "center" });
  }

  refresh() {
    const fits = FILTERS[this.filter][1];
    for (const shot of this.shots) shot.hidden = !fits(this.marks.of(shot.run));
    this.drawBar();
  }

  shown() {
    return this.shots.filter((shot) => !shot.hidden);
  }

  go(shot, scrolls = true) {
    this.at?.classList.remove("at");
    this.at?.removeAttribute("aria-current");
    this.at = shot;
    if (!shot) return;
    shot.classList.add("at");
    shot.setAttribute("aria-current", "true");
    shot.querySelector("footer") ?? shot.append(this.tools(shot));
    shot.focus({ preventScroll: true });
    if (scrolls) shot.scrollIntoView({ block: "nearest" });
  }

  /** For whoever has no keys. */
  tools(shot) {
    const act = (mark) => (event) => {
      event.stopPropagation();
      this.go(shot, false);
      this.mark(mark);
    };
    return el("footer", {},
      ...Object.entries(MARKS).map(([mark, text]) => button(text, "key " + mark[0], act(mark))),
      button("Note …", "key n", (event) => (event.stopPropagation(), this.go(shot, false), this.note())));
  }

  move(by) {
    const shown = this.shown();
    const here = shown.indexOf(this.at);
    const next = here < 0 ? this.nearest(by) : shown[Math.min(Math.max(here + by, 0), shown.length - 1)];
    if (next) this.go(next);
  }

  /** Among those that are shown, the one after or before a run that no longer is. */
  nearest(by) {
    const from = this.shots.indexOf(this.at);
    const after = this.shots.find((shot, number) => !shot.hidden && number > from);
    const before = this.shots.findLast((shot, number) => !shot.hidden && number < from);
    return by > 0 ? after ?? before : before ?? after;
  }

  columns() {
    return Math.max(1, getComputedStyle(this.cells).gridTemplateColumns.split(" ").length);
  }

  mark(mark) {
    if (!this.at) return;
    const before = this.marks.of(this.at.run).mark;
    this.marks.set(this.at.run, { mark: before === mark ? "" : mark });
  }

  note() {
    const shot = this.at;
    if (!shot) return;
    const text = el("textarea", { rows: "3", maxlength: String(LONGEST_NOTE), "aria-label": "Note" });
    text.value = this.marks.of(shot.run).note;
    const keep = () => {
      this.marks.set(shot.run, { note: text.value });
      help.close();
    };
    text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) (event.preventDefault(), keep());
    });
    help.setAttribute("aria-label", "Note");
    help.replaceChildren(el("form", { class: "note-form", onsubmit: (event) => (event.preventDefault(), keep()) },
      el("b", {}, printable(shot.run, 120)), text,
      el("div", { class: "tools" }, button("Cancel", "Esc", () => help.close()), button("Keep", "Enter", keep))));
    help.showModal();
    text.focus();
  }

  keys() {
    help.setAttribute("aria-label", "Keys");
    const list = SHEET_KEYS.flatMap(([key, meaning]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, meaning)]);
    const where = SERVED
      ? "Marks are written to marks.csv in the runs' folder."
      : "Marks are kept in this browser. Save marks.csv beside this page: the next --sheet shows them, and --where \"mark == 'bad'\" chooses by them.";
    help.replaceChildren(el("dl", {}, ...list), el("p", {}, where), button("Close", "Esc", () => help.close()));
    help.showModal();
  }

  resize(by) {
    this.size = Math.min(Math.max(this.size + by, 0), SIZES.length - 1);
    this.cells.style.setProperty("--wide", SIZES[this.size] + "px");
    this.at?.scrollIntoView({ block: "nearest" });
  }
}

function changeTheme() {
  const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
  const shown = document.documentElement.dataset.theme ?? (isDark ? "dark" : "light");
  document.documentElement.dataset.theme = shown === "dark" ? "light" : "dark";
  try {
    localStorage.setItem("autoviz theme", document.documentElement.dataset.theme);
  } catch {
    // a browser that keeps nothing
  }
}

function onKey(sheet, event) {
  if (help.open || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
  const actions = {
    ArrowRight: () => sheet.move(1), ArrowLeft: () => sheet.move(-1), j: () => sheet.move(1), k: () => sheet.move(-1),
    ArrowDown: () => sheet.move(sheet.columns()), ArrowUp: () => sheet.move(-sheet.columns()),
    Home: () => sheet.move(-Infinity), End: () => sheet.move(Infinity),
    g: () => sheet.mark("good"), b: () => sheet.mark("bad"), l: () => sheet.mark("look"), n: () => sheet.note(),
    u: () => sheet.at && sheet.marks.set(sheet.at.run, { mark: "" }), s: () => SERVED || sheet.marks.save(),
    "+": () => sheet.resize(1), "=": () => sheet.resize(1), "-": () => sheet.resize(-1), "−": () => sheet.resize(-1),
    t: changeTheme, "?": () => sheet.keys(),
  };
  const number = /^[1-6]$/.test(event.key) ? Number(event.key) - 1 : null;
  if (number !== null) sheet.choose(number);
  else if (Object.hasOwn(actions, event.key)) actions[event.key]();
  else return;
  event.preventDefault();
}

try {
  const theme = localStorage.getItem("autoviz theme");
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
} catch {
  // a browser that keeps nothing
}
load("sheet_files/sheet.js", Date.now()).then(
  (value) => {
    const sheet = new Sheet(value);
    document.addEventListener("keydown", (event) => onKey(sheet, event));
    window.addEventListener("beforeunload", (event) => sheet.marks.error && sheet.marks.unsaved.size && event.preventDefault());
    document.documentElement.dataset.ready = "1";
  },
  (error) => place.replaceChildren(el("p", { class: "empty" }, "The sheet " + error.message + ": make it again by autoviz-render --sheet.")),
);
