"use strict";
// A run: its figures, steps, curves, parameters, and how search and renderer stand.

const SEARCH = {
  running: "running",
  finished: "finished",
  failed: "failed",
  died: "died: its process is gone without a word",
};
const RENDERER = {
  none: "none: nothing draws this run now",
  starting: "starting",
  watching: "waiting for the next snapshot",
  drawing: "drawing",
  late: "late: its sign of life is overdue",
  stopped: "stopped",
};
const DRAW_AFTER = 150; // ms that the slider rests before a step is drawn on demand

/** The data of a run, followed, wherever its page is. */
class Run {
  /** @param folder A link to its figures, "" or ending in `/`. @param changed Told of all that is new. */
  constructor(folder, changed) {
    this.folder = folder;
    this.changed = changed;
    this.frames = new Map(); // figure -> the newest that the server told of
    this.drawn = new Map(); // what a server drew on demand
    this.id = SERVED ? (/([0-9a-f]{16})\/$/.exec(folder || location.pathname.replace(/[^/]*$/, "")) ?? [])[1] : null;
    this.source = new Followed(folder + "index_files/run.js", changed).start();
    this.unheard = this.id ? stream.hear(this.id, (event, data) => this.heard(event, data)) : () => {};
  }

  close() {
    this.source.close();
    this.unheard();
  }

  heard(event, data) {
    if (event === "changed") return this.source.look();
    this.frames.set(data.figure, { step: data.step, url: API_BASE + data.frame });
    if (this.value) this.changed();
  }

  get value() {
    return this.source.value;
  }

  get detail() {
    return this.value?.detail ? digested.get(this.folder + "index_files/detail.js", this.value.detail, this.changed) : null;
  }

  figure(name) {
    return this.value.figures.find((each) => each.name === name) ?? this.value.figures[0];
  }

  film(name) {
    return this.detail?.films.find((each) => each.figure === name);
  }

  /** The steps of a figure that can be shown, the newest last: `{step, epoch, time, film, full, isKept, isNewest}`. */
  stops(name) {
    const figure = this.figure(name);
    if (!figure) return [];
    const { drawn = [], steps = [] } = this.detail ?? {};
    const stops = new Map();
    const stop = (step) => stops.get(step) ?? stops.set(step, { step, epoch: null, time: null }).get(step);
    for (const [step, time, file] of this.film(figure.name)?.frames ?? []) Object.assign(stop(step), { time, film: { file } });
    for (const [of, epoch, step, file] of drawn) {
      if (of === figure.name) Object.assign(stop(step), { epoch, full: this.folder + file });
    }
    if (SERVED) for (const [epoch, step] of steps) Object.assign(stop(step), { epoch, isKept: true });
    const told = this.frames.get(figure.name);
    const isTold = told && (figure.step === null || told.step >= figure.step);
    const newest = isTold ? told.step : (figure.step ?? Math.max(-1, ...stops.keys()) + 1);
    const sorted = [...stops.values()].filter((each) => each.step < newest).sort((a, b) => a.step - b.step);
    const full = isTold ? told.url : `${this.folder}${figure.file}?v=${figure.modified}`;
    const step = isTold ? told.step : figure.step;
    return [...sorted, { epoch: null, time: null, ...stops.get(newest), step, full, isNewest: true }];
  }

  /** A part of a film, or null as long as it is not here: `changed` will tell. */
  part([file, digest]) {
    return digested.get(this.folder + "index_files/" + file, digest, this.changed);
  }

  thumb(name, stop) {
    const film = stop?.film && this.film(this.figure(name).name);
    const value = film && this.part(film.files[stop.film.file]);
    if (!value) return null;
    value.byStep ??= new Map(value.frames.map((frame) => [frame[0], picture(frame[2])]));
    return value.byStep.get(stop.step) ?? null;
  }

  /** The iteration of a step; null if the curves are too thin to tell. */
  iteration(step) {
    if (step === this.value.run.step) return this.value.run.iteration;
    const at = this.detail?.curves.steps.indexOf(step) ?? -1;
    return at < 0 ? null : this.detail.curves.iterations[at];
  }

  /** Ask the server to draw a kept step. A promise of its address. */
  draw(name, stop, limits) {
    const step = stop.epoch === null ? (stop.isNewest && stop.step === null ? "newest" : String(stop.step)) : `${stop.epoch}-${stop.step}`;
    const asked = new URLSearchParams({ run: this.id, step, figure: this.figure(name).name, ...(limits && { limits }) });
    const address = `${API_BASE}api/draw?${asked}`;
    if (!this.drawn.has(address)) {
      const answer = fetch(address).then(drawnFrame);
      answer.catch(() => this.drawn.delete(address));
      this.drawn.set(address, answer);
    }
    return this.drawn.get(address);
  }

  /** A stop in words. */
  words(stop) {
    if (!stop) return "";
    const iteration = stop.step === null ? null : this.iteration(stop.step);
    const counts = printable(this.value.run.counts || "iterations", 40);
    const parts = [
      stop.step === null ? null : `quick update ${fixed(stop.step)}`,
      iteration === null ? null : `${counts} ${fixed(iteration)}`,
      stop.time === null ? null : clock(stop.time),
    ];
    return parts.filter(Boolean).join(" · ");
  }
}

async function drawnFrame(answer) {
  const told = await answer.json().catch(() => ({ error: `the server answered ${answer.status}` }));
  if (!answer.ok) throw new Error(told.error);
  return API_BASE + told.frame;
}

/** Where a figure of a run is looked at: viewer, film and caption. The run page has one, a comparison two. */
class Look {
  /** @param at {figure, step}: step null follows the newest. @param moved Told if the person changed `at`. */
  constructor(run, at, moved, { limits = () => null, zoomed = () => {} } = {}) {
    Object.assign(this, { run, at, moved, limits, index: 0 });
    this.viewer = new Viewer("Figure", (viewer) => (this.caption(), zoomed(viewer)));
    this.film = new Film((index) => this.go(index));
    this.where = el("span", { class: "where", role: "status" });
    this.how = el("span", { class: "how" });
    this.size = el("span", { class: "percent" });
    this.live = button("newest", "Follow the newest (f)", () => this.go(Infinity), { class: "follow" });
    this.one = button("1:1", "Pixel by pixel, or the whole figure (z)", () => this.viewer.toggle());
    this.file = el("a", { target: "_blank", rel: "noopener" }, "file");
    const tools = el("span", { class: "tools" }, this.size, this.one, this.file, this.live);
    this.element = el("div", { class: "look" }, this.viewer.box, this.film.element,
      el("div", { class: "caption" }, this.where, this.how, tools));
  }

  get stop() {
    return this.stops[this.index];
  }

  update() {
    const { run, at } = this;
    if (!run.value) return;
    this.stops = run.stops(at.figure);
    if (!this.stops.length) {
      this.film.element.hidden = true;
      return this.viewer.tell(nothingDrawn(run.value), true), this.caption();
    }
    const last = this.stops.length - 1;
    const found = at.step === null ? last : this.stops.findLastIndex((stop) => (stop.step ?? Infinity) <= at.step);
    this.index = Math.max(0, found);
    const film = run.film(run.figure(at.figure).name);
    if (this.viewer.shown) film?.files.forEach((file) => run.part(file)); // so that the slider need not wait
    const [w, h] = film ? [film.width, film.height] : (this.viewer.natural ?? [4, 3]);
    this.film.update(this.stops, this.index, (stop) => run.thumb(at.figure, stop), run.words(this.stop), w / h);
    this.show(film);
    this.caption();
  }

  /** Show the stop: a thumbnail at once, then the figure itself if there is a way to it. */
  show(film) {
    const { stop, run, at } = this;
    const limits = this.limits();
    const wanted = [at.figure, stop.step, stop.isNewest ? stop.full : "", limits].join("\n");
    if (wanted === this.wanted && !(this.thumbLacks && film)) return;
    const isSame = wanted === this.wanted;
    const isDrawnAnew = !this.wanted?.startsWith(at.figure + "\n"); // another figure, or the first one
    this.wanted = wanted;
    const thumb = at.step === null && this.viewer.shown ? null : run.thumb(at.figure, stop);
    this.thumbLacks = !thumb && at.step !== null && Boolean(stop.film) && (this.viewer.isThumb || !isSame);
    if (thumb) this.viewer.thumb(thumb, film.width, film.height);
    else if (!isSame) this.viewer.box.classList.toggle("waiting", at.step !== null || isDrawnAnew);
    if (isSame) return;
    say(this.how, "");
    clearTimeout(this.timer);
    const isDrawn = limits && run.id && (stop.isKept || stop.isNewest);
    if (stop.full && !isDrawn) this.load(stop.full);
    else if (run.id && (stop.isKept || isDrawn)) this.timer = setTimeout(() => this.ask(stop, limits, wanted), DRAW_AFTER);
  }

  load(url) {
    this.viewer.show(url, (isThere) => {
      if (!isThere && !this.viewer.shown) this.viewer.tell("The figure cannot be loaded: it is being replaced, or removed.");
      this.thumbLacks &&= this.viewer.isThumb;
      this.update();
    });
  }

  async ask(stop, limits, wanted) {
    say(this.how, "drawing …");
    try {
      const url = await this.run.draw(this.at.figure, stop, limits);
      if (wanted === this.wanted) this.load(url);
    } catch (error) {
      if (wanted === this.wanted) say(this.how, printable(error.message));
      return;
    }
    if (wanted === this.wanted) say(this.how, "");
  }

  caption() {
    const { run, at, viewer } = this;
    const figure = run.value && run.figure(at.figure);
    say(this.where, figure && this.stop ? run.words(this.stop) : "");
    say(this.size, viewer.isThumb ? "thumbnail" : viewer.percent);
    say(this.one, viewer.view ? "fit" : "1:1");
    this.live.setAttribute("aria-pressed", String(at.step === null));
    say(this.live, at.step === null ? "following the newest" : "to the newest");
    this.file.hidden = !this.stop?.full;
    if (this.stop?.full) this.file.href = this.stop.full;
    for (const tool of [this.size, this.one, this.live]) tool.hidden = !figure;
    if (viewer.isThumb && !this.stop?.full && !run.id && this.stop?.step !== undefined) {
      say(this.how, `in full: autoviz-render --step ${this.stop.step} …`);
    }
  }

  /** Go to a stop; the last one follows the newest. */
  go(index) {
    const last = this.stops.length - 1;
    const place = Math.min(Math.max(index, 0), last);
    this.at.step = place >= last ? null : this.stops[place].step;
    this.update();
    this.moved();
  }

  key(key) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 };
    if (!this.stops?.length) return false;
    if (key in steps) this.go(this.index + steps[key]);
    else if (key === "Home") this.go(0);
    else if (key === "End" || key === "f") this.go(Infinity);
    else if (key === "z") this.viewer.toggle();
    else if (key === "+" || key === "=") this.viewer.zoom(this.viewer.scale * 1.5);
    else if (key === "-") this.viewer.zoom(this.viewer.scale / 1.5);
    else return false;
    return true;
  }
}

function nothingDrawn({ run, renderer }) {
  if (!run.snapshots && !run.updates) return "No snapshot yet: the figure appears after the first quick update.";
  if (renderer.last_error) return "No figure: " + printable(renderer.last_error);
  return renderer.state === "none" ? "No figure yet, and nothing draws this run: autoviz-render --watch PATH" : "No figure yet.";
}

/** The page of a run. */
class RunPage {
  /** @param open As `Runs.open`: a `Run` that tells what is new. */
  constructor(open, at, moved) {
    Object.assign(this, { at, moved });
    this.run = open(() => this.element && this.update());
    this.look = new Look(this.run, at, moved);
    this.tabs = el("div", { class: "tabs", role: "tablist", "aria-label": "Figures" });
    this.alert = el("p", { class: "alert", role: "alert" });
    this.alarms = el("section", { class: "alarms", "aria-label": "Alarms", role: "status" });
    this.facts = el("dl");
    this.renderer = el("dl");
    this.curves = new Curves((step) => this.toStep(step));
    this.parameters = el("section", { "aria-label": "Parameters" });
    const state = el("section", { "aria-label": "State" }, el("h2", {}, "Search"), this.facts,
      el("h2", {}, "Renderer"), this.renderer);
    this.element = el("div", { class: "run-page" }, el("div", { class: "figure" }, this.tabs, this.look.element),
      el("aside", {}, this.alarms, this.alert, state, this.curves.element, this.parameters));
  }

  close() {
    this.run.close();
  }

  toStep(step) {
    this.look.go(this.look.stops.findIndex((stop) => (stop.step ?? Infinity) >= step));
  }

  get title() {
    const { value, source } = this.run;
    if (!value) return "autoviz-render";
    const standing = source.state === "cut off" ? "nothing new" : value.run.state;
    return `${standing} · ${printable(value.run.run, 80)}`;
  }

  update() {
    const { value, source, detail } = this.run;
    if (!value) return this.look.viewer.tell(`The data of this run ${source.error?.message ?? "are not here"}: ${source.url}`);
    this.look.update();
    this.drawTabs(value.figures);
    this.drawAlarms(value.run.alarms ?? [], value.figures);
    const step = this.at.step === null ? null : (this.look.stop?.step ?? null);
    this.curves.update(detail?.curves, value.run.counts, step);
    this.drawParameters(detail?.parameters ?? []);
    this.tick();
    this.onupdate?.();
  }

  /** What changes with the clock alone. */
  tick() {
    const { value, source } = this.run;
    if (!value) return;
    const age = (moment) => (moment === null ? UNKNOWN : ago(source.present - moment));
    define(this.facts, searchFacts(value.run, age, source.present));
    define(this.renderer, rendererFacts(value.renderer, age, source));
    const figure = value.figures.length ? this.run.figure(this.at.figure) : null;
    const alert = alerts(value, figure, source);
    say(this.alert, alert.join("\n"));
    this.alert.hidden = !alert.length;
  }

  drawTabs(figures) {
    this.tabs.hidden = figures.length < 2;
    const names = figures.map((figure) => figure.name);
    if (this.tabs.children.length !== names.length || names.some((name, n) => this.tabs.children[n].figure !== name)) {
      this.tabs.replaceChildren(...names.map((name) => {
        const tab = button(printable(name, 40), "", () => this.toFigure(name), { role: "tab" });
        tab.figure = name;
        return tab;
      }));
    }
    const shown = figures.length ? this.run.figure(this.at.figure).name : null;
    for (const tab of this.tabs.children) tab.setAttribute("aria-selected", String(tab.figure === shown));
  }

  toFigure(name) {
    this.at.figure = name;
    this.update();
    this.moved();
  }

  /** What a renderer found wrong; a click shows the figure. */
  drawAlarms(alarms, figures) {
    const drawn = JSON.stringify(alarms);
    if (drawn === this.alarmed) return;
    this.alarmed = drawn;
    this.alarms.hidden = !alarms.length;
    const names = figures.map((figure) => figure.name);
    const when = ({ step, since }) => [Number.isInteger(step) ? `quick update ${fixed(step)}` : null,
      Number.isFinite(since) ? clock(since) : null].filter(Boolean).join(", ");
    const shown = (figure) => (names.length > 1 && names.includes(figure)
      ? button(printable(figure, 40), "Show the figure", () => this.toFigure(figure)) : null);
    const line = (alarm) => el("li", {}, alarm.panel ? el("b", {}, printable(alarm.panel, 120)) : null,
      (alarm.panel ? ": " : "") + printable(alarm.message, 400),
      el("small", {}, shown(alarm.figure), when(alarm) ? ` since ${when(alarm)}` : null));
    this.alarms.replaceChildren(el("h2", {}, `\u26a0\ufe0e ${counted(alarms.length, "alarm")}`), el("ul", {}, ...alarms.map(line)));
  }

  drawParameters(parameters) {
    if (parameters === this.listed) return;
    this.listed = parameters;
    this.parameters.hidden = !parameters.length;
    const row = ([name, value]) => el("tr", {}, el("th", { scope: "row", title: printable(name, 1000) }, printable(name, 80)),
      el("td", { title: String(value) }, significant(number(value))));
    this.parameters.replaceChildren(el("h2", {}, "Parameters"), el("p", { class: "fine" }, "of the newest snapshot’s best fit"),
      el("table", {}, el("tbody", {}, ...parameters.map(row))));
  }

  key(key) {
    const tab = /^[1-9]$/.test(key) && this.tabs.children[key - 1];
    if (tab) return this.toFigure(tab.figure), true;
    return this.look.key(key);
  }
}

/** Terms and what they are in a `dl`; null leaves one out. */
function define(list, facts) {
  const shown = facts.filter(([, value]) => value !== null && value !== UNKNOWN);
  while (list.children.length > 2 * shown.length) list.lastChild.remove();
  while (list.children.length < 2 * shown.length) list.append(el(list.children.length % 2 ? "dd" : "dt"));
  shown.forEach(([term, value, kind = ""], n) => {
    say(list.children[2 * n], term);
    say(list.children[2 * n + 1], value);
    list.children[2 * n + 1].className = kind;
  });
}

function searchFacts(run, age, now) {
  const known = (value, words) => (value === null || value === undefined ? null : words(value));
  const { end, walltime } = run;
  return [
    ["state", SEARCH[run.state] ?? printable(run.state, 40), "state " + run.state],
    ["time left", known(end, (end) => timeLeft(end, now))],
    ["ends when", known(end?.criterion || null, (text) => printable(text, 200))],
    ["walltime", known(walltime, (at) => (end ? atWalltime(end, at) : `${clock(at).slice(0, -3)}, in ${roughly(at - now)}`))],
    [printable(run.counts || "iterations", 40), known(number(run.iteration), fixed)],
    ["log likelihood", nats(number(run.log_likelihood))],
    ["log evidence", nats(number(run.log_evidence))],
    ["rate", known(number(run.rate), (rate) => `${significant(rate >= 100 ? Math.round(rate) : Number(rate.toPrecision(3)))} / s`)],
    ["quick updates", fixed(run.updates)],
    ["every", known(number(run.interval), duration)],
    ["last", known(run.updated, age)],
    ["started", run.started ? age(run.started) : null],
    ["resumed", run.epoch > 0 ? counted(run.epoch, "time") : null],
    ["kept", counted(run.snapshots, "snapshot")],
    ["unreadable", run.bad_files ? counted(run.bad_files, "file") : null, "bad"],
  ];
}

function rendererFacts(renderer, age, source) {
  const isLost = source.state === "cut off" && renderer.state !== "stopped";
  const state = isLost ? "no sign of life" : (RENDERER[renderer.state] ?? printable(renderer.state, 40));
  return [
    ["state", state, isLost || renderer.state === "late" ? "state late" : ""],
    ["drawn", renderer.beat === null ? null : fixed(renderer.drawn)],
    ["skipped", renderer.skipped ? fixed(renderer.skipped) : null],
    ["a figure takes", number(renderer.frame_seconds) === null ? null : duration(Number(renderer.frame_seconds))],
    ["sign of life", renderer.beat === null ? null : age(renderer.beat)],
    ["process", renderer.pid ? `${renderer.pid} on ${printable(renderer.host, 60)}` : null],
  ];
}

/** What a person should know first. */
function alerts({ run, renderer }, figure, source) {
  const lost = `Nothing new since ${clock(source.value.now)}: what writes this page is gone or cut off. The search may well go on.`;
  return [
    source.state === "cut off" ? lost : null,
    source.error && source.error.message.includes("later") ? `The data of this page ${source.error.message}.` : null,
    run.reason ? printable(run.reason, 500) : null,
    figure?.error ? `Figure ${printable(figure.name, 40)}: ${printable(figure.error, 500)}` : null,
    renderer.last_error && renderer.last_error !== figure?.error ? `Last error: ${printable(renderer.last_error, 500)}` : null,
    run.warning && run.warning !== renderer.last_error ? `Last warning: ${printable(run.warning, 500)}` : null,
  ].filter(Boolean);
}
