// The widget of `watch`: the newest figure of a run, a slider over those that came, and how the run stands.
//
// Python sets the traits `frame`, `state`, `curve` and `runs`; this acknowledges each frame and says which run to show.
// Frames stay here, so that the slider needs no kernel. All that is shown is set as text: names are strangers'.

const MOST_FRAMES = 400;
const MOST_BYTES = 64 * 2 ** 20;
const MOST_LISTED = 200; // runs in the list, of which the search field finds the others
const SILENT_AFTER = 25; // seconds without a word from the kernel, which says something every 10
const KERNEL_LATE = 1500; // milliseconds until it is said that the kernel is busy
const SVG = "http://www.w3.org/2000/svg";

export default () => {
  const frames = new Frames();
  const heard = { at: null }; // when the kernel spoke last, on this page's clock
  let isAttached = false;

  function attach(model) {
    if (isAttached) return;
    isAttached = true;
    const hear = () => (heard.at = performance.now());
    for (const name of ["state", "curve", "runs"]) model.on(`change:${name}`, hear);
    frames.take(model.get("frame"));
    model.on("change:frame", () => {
      hear();
      const frame = model.get("frame");
      frames.take(frame);
      model.send({ kind: "ack", number: frame.number, is_free: !frames.views.some((view) => view.isInUse()) });
    });
  }

  return {
    initialize({ model }) {
      attach(model);
    },
    render({ model, el }) {
      attach(model);
      const view = new View(model, el, frames, heard);
      frames.views.push(view);
      return () => {
        frames.views = frames.views.filter((each) => each !== view);
        view.close();
      };
    },
  };
};

// The frames that came, by run and figure, in the order of their steps; at most so many, and of so many bytes.
class Frames {
  constructor() {
    this.views = [];
    this.selection = { pinned: null, id: null }; // kept here, as a notebook may make the view anew
    this.series = new Map();
    this.bytes = 0;
    this.count = 0;
  }

  take(frame) {
    if (!frame?.data?.byteLength) return;
    const key = `${frame.id} ${frame.figure}`;
    const list = this.series.get(key) ?? [];
    this.series.delete(key); // the newest series last
    this.series.set(key, list);
    const url = URL.createObjectURL(new Blob([frame.data], { type: frame.type }));
    const made = { ...frame, data: null, key, url, size: frame.data.byteLength };
    const last = list.at(-1);
    if (last && made.step !== null && last.step === made.step) this.drop(list, list.length - 1); // drawn once more
    list.push(made);
    this.bytes += made.size;
    this.count += 1;
    this.newest = made;
    while (this.count > MOST_FRAMES || this.bytes > MOST_BYTES) if (!this.thin()) break;
    for (const view of this.views) view.show();
  }

  of(id, figure) {
    return this.series.get(`${id} ${figure}`) ?? [];
  }

  // Leave out what is missed least: a frame between two that are near in time; of another run first.
  thin() {
    const longest = [...this.series.values()].reduce((a, b) => (b.length > a.length ? b : a), []);
    if (longest.length < 3) {
      const [oldest] = this.series.keys();
      if (this.series.size < 2) return false;
      const list = this.series.get(oldest);
      while (list.length) this.drop(list, 0);
      this.series.delete(oldest);
      return true;
    }
    let least = 1;
    const gap = (index) => longest[index + 1].drawn - longest[index - 1].drawn;
    for (let index = 2; index < longest.length - 1; index += 1) if (gap(index) < gap(least)) least = index;
    this.drop(longest, least);
    return true;
  }

  drop(list, index) {
    const [dropped] = list.splice(index, 1);
    URL.revokeObjectURL(dropped.url);
    this.bytes -= dropped.size;
    this.count -= 1;
  }
}

class View {
  constructor(model, el, frames, heard) {
    Object.assign(this, { model, frames, heard, id: crypto.randomUUID?.() ?? String(Math.random()) });
    this.build(el);
    this.listeners = [];
    this.on("change:state", () => this.showState());
    this.on("change:curve", () => this.showCurve());
    this.on("change:runs", () => this.chooser.take(model.get("runs")));
    this.ticking = setInterval(() => this.showAge(), 1000);
    this.chooser.take(model.get("runs"));
    this.show();
    model.send({ kind: "shown", view: this.id });
  }

  close() {
    clearInterval(this.ticking);
    for (const [name, call] of this.listeners) this.model.off(name, call);
    this.chooser.close();
    this.model.send({ kind: "hidden", view: this.id });
  }

  on(name, call) {
    this.listeners.push([name, call]);
    this.model.on(name, call);
  }

  build(el) {
    this.chooser = new Chooser((id) => this.choose(id));
    this.badge = make("span", "autoviz-badge");
    this.facts = make("span", "autoviz-facts");
    this.picture = make("img", "autoviz-picture", { alt: "", decoding: "async" });
    this.empty = make("div", "autoviz-empty");
    this.slider = make("input", "autoviz-slider", { type: "range", min: 0, step: 1 });
    this.slider.setAttribute("aria-label", "frames that came");
    this.step = make("span", "autoviz-step");
    this.follow = make("button", "autoviz-follow", { type: "button", textContent: "go to the newest" });
    this.figures = make("select", "autoviz-figures");
    this.figures.setAttribute("aria-label", "figure");
    this.curve = document.createElementNS(SVG, "svg");
    this.range = make("span", "autoviz-range");
    this.plotted = make("div", "autoviz-curve", {}, this.curve, this.range);
    this.note = make("div", "autoviz-note");
    this.frame = make("div", "autoviz-frame", {}, this.picture, this.empty);
    this.steps = make("div", "autoviz-steps", {}, this.slider, this.step, this.follow);
    this.root = make("div", "autoviz-watch", { tabIndex: -1 });
    const head = make("div", "autoviz-head", {}, this.chooser.el, this.badge, this.facts, this.figures);
    this.root.append(head, this.note, this.frame, this.steps, this.plotted);
    el.replaceChildren(this.root);
    this.slider.addEventListener("input", () => this.pin(Number(this.slider.value)));
    this.follow.addEventListener("click", () => this.pin(null));
    this.picture.addEventListener("click", () => this.frame.classList.toggle("autoviz-full"));
    this.figures.addEventListener("change", () => this.chooseFigure(this.figures.value));
    this.curve.addEventListener("click", (event) => this.pinNear(event));
  }

  // Whether somebody would mind if the view were made anew now.
  isInUse() {
    return this.root.matches(":hover") || this.root.contains(document.activeElement);
  }

  // The series of frames that is looked at: of the run chosen here, or of what came last.
  list() {
    const { id, figure } = this.frames.selection;
    const newest = this.frames.newest;
    if (!id && !figure) return newest ? this.frames.of(newest.id, newest.figure) : [];
    const run = id ?? this.model.get("state")?.id;
    if (figure) return this.frames.of(run, figure);
    return [...this.frames.series].findLast(([key]) => key.startsWith(`${run} `))?.[1] ?? [];
  }

  choose(id) {
    Object.assign(this.frames.selection, { id, pinned: null, figure: null, asked: performance.now() });
    this.model.send({ kind: "choose", id: id ?? "" });
    this.show();
    setTimeout(() => this.showAge(), KERNEL_LATE + 50);
  }

  chooseFigure(figure) {
    Object.assign(this.frames.selection, { figure, pinned: null });
    this.model.send({ kind: "figure", figure });
    this.show();
  }

  pin(index) {
    const list = this.list();
    this.frames.selection.pinned = index === null || index >= list.length - 1 ? null : list[index];
    this.show();
  }

  pinNear(event) {
    const list = this.list();
    if (!this.plot || list.length < 2) return;
    const box = this.curve.getBoundingClientRect();
    const at = ((event.clientX - box.left) / box.width) * this.plot.width;
    const distance = (frame) => Math.abs(this.plot.x(frame.step) - at);
    this.pin(list.reduce((best, frame, index) => (distance(frame) < distance(list[best]) ? index : best), 0));
  }

  show() {
    const list = this.list();
    const { pinned } = this.frames.selection;
    let index = pinned ? list.indexOf(pinned) : -1;
    if (pinned && index < 0 && list.length) index = nearest(list, pinned.step); // it was left out meanwhile
    const shown = list.at(index);
    this.shown = shown ?? null;
    this.picture.hidden = !shown;
    if (shown && this.picture.src !== shown.url) {
      this.picture.src = shown.url;
      this.picture.alt = `${shown.figure}, step ${shown.step ?? "unknown"}`;
      Object.assign(this.picture.dataset, { step: shown.step, drawn: shown.drawn });
    }
    this.steps.hidden = list.length < 2;
    this.slider.max = Math.max(0, list.length - 1);
    this.slider.value = index < 0 ? list.length - 1 : index;
    this.follow.style.visibility = pinned ? "" : "hidden";
    this.step.textContent = shown ? stepText(shown, list.length, !pinned) : "";
    this.slider.setAttribute("aria-valuetext", this.step.textContent);
    this.showState();
    this.showCurve();
  }

  showState() {
    const state = this.model.get("state") ?? {};
    this.chooser.name(state, this.frames.selection.id);
    this.badge.textContent = state.state ?? "";
    this.badge.dataset.state = state.state ?? "";
    const figures = state.figures ?? [];
    this.figures.hidden = figures.length < 2;
    this.figures.replaceChildren(...figures.map((name) => make("option", "", { value: name, textContent: name })));
    this.figures.value = this.shown?.figure ?? figures[0] ?? "";
    this.showAge();
  }

  showAge() {
    const state = this.model.get("state") ?? {};
    const now = performance.now();
    const silent = this.heard.at === null ? null : (now - this.heard.at) / 1000;
    const isLive = silent !== null && silent < SILENT_AFTER;
    const since = isLive && state.updated ? state.now + silent - state.updated : null;
    setText(this.facts, factsOf(state, since).join(" · "));
    const notes = [state.reason, state.warning].filter(Boolean);
    if (!isLive) notes.push(`as of ${clock(state.now)}: ${silent === null ? "no kernel" : "nothing new from the kernel"}`);
    const { id, asked } = this.frames.selection;
    if (id && id !== state.id && now - asked > KERNEL_LATE) notes.push("the kernel is busy: the run that you chose comes when it is free");
    setText(this.note, notes.join(" · "));
    this.note.hidden = !notes.length;
    this.empty.hidden = !!this.shown;
    setText(this.empty, state.id ? "no figure yet" : state.path ? `no run in ${state.path} yet` : "");
  }

  showCurve() {
    const { steps = [], values = [], id } = this.model.get("curve") ?? {};
    const points = steps.map((step, index) => [step, values[index]]).filter((each) => Number.isFinite(each[1]));
    const isOfShown = !this.shown || this.shown.id === id;
    this.plotted.hidden = points.length < 2 || !isOfShown;
    this.plot = points.length > 1 ? plotted(points) : null;
    if (!this.plot) return;
    draw(this.curve, this.plot, this.shown?.step ?? null);
    setText(this.range, `log likelihood, ${nats(this.plot.low)} to ${nats(this.plot.high)}`);
  }
}

// The field that names the run that is shown, and lists those there are: thousands are searched.
class Chooser {
  constructor(onChoice) {
    Object.assign(this, { onChoice, runs: { ids: [], names: [], states: [] }, chosen: null });
    this.button = make("button", "autoviz-run", { type: "button" });
    this.search = make("input", "autoviz-search", { type: "search", placeholder: "find a run" });
    this.items = make("ul", "autoviz-runs");
    this.items.setAttribute("role", "listbox");
    this.rest = make("div", "autoviz-rest");
    this.panel = make("div", "autoviz-panel", { hidden: true }, this.search, this.items, this.rest);
    this.el = make("span", "autoviz-chooser", {}, this.button, this.panel);
    this.outside = (event) => this.el.contains(event.target) || this.open(false);
    this.button.addEventListener("click", () => this.open(this.panel.hidden));
    this.search.addEventListener("input", () => this.list());
    this.el.addEventListener("keydown", (event) => this.key(event));
    document.addEventListener("pointerdown", this.outside);
  }

  close() {
    document.removeEventListener("pointerdown", this.outside);
  }

  take(runs) {
    this.runs = { ids: [], names: [], states: [], left_out: 0, ...runs };
    if (!this.panel.hidden) this.list();
  }

  name(state, chosen) {
    this.chosen = chosen;
    const index = chosen ? this.runs.ids.indexOf(chosen) : -1;
    setText(this.button, index >= 0 ? this.runs.names[index] : (state.name ?? ""));
    this.button.title = this.button.textContent;
    this.button.disabled = (state.runs ?? 0) < 2;
    this.button.hidden = !state.id && !chosen;
  }

  open(isOpen) {
    this.panel.hidden = !isOpen;
    if (!isOpen) return;
    this.search.hidden = this.runs.ids.length < 9;
    this.search.value = "";
    this.list();
    (this.search.hidden ? this.items.firstChild : this.search)?.focus();
  }

  list() {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = [];
    this.runs.names.forEach((name, index) => {
      const text = `${name} ${this.runs.states[index]}`.toLowerCase();
      if (words.every((word) => text.includes(word))) found.push(index);
    });
    const newest = this.item(null, "the newest run", "");
    const listed = found.slice(0, MOST_LISTED).map((index) => this.itemOf(index));
    this.items.replaceChildren(...(words.length ? [] : [newest]), ...listed);
    const more = found.length - listed.length + (this.runs.left_out || 0);
    setText(this.rest, more ? `and ${more.toLocaleString("en")} more` : found.length ? "" : "no run of that name");
  }

  itemOf(index) {
    return this.item(this.runs.ids[index], this.runs.names[index], this.runs.states[index]);
  }

  item(id, name, state) {
    const badge = make("span", "autoviz-badge", { textContent: state });
    badge.dataset.state = state;
    const made = make("li", "", { tabIndex: 0 }, make("span", "", { textContent: name }), badge);
    made.setAttribute("role", "option");
    made.setAttribute("aria-selected", id === this.chosen);
    made.addEventListener("click", () => {
      this.open(false);
      this.onChoice(id);
      this.button.focus();
    });
    return made;
  }

  key(event) {
    event.stopPropagation(); // a notebook has commands of one letter
    if (event.key === "Escape") this.open(false);
    const isItem = event.target.matches("li");
    if ((event.key === "Enter" && event.target === this.search) || (isItem && [" ", "Enter"].includes(event.key))) {
      event.preventDefault(); // or it would press the button, which is focused next
      (isItem ? event.target : this.items.firstChild)?.click();
    }
    const step = { ArrowDown: "nextSibling", ArrowUp: "previousSibling" }[event.key];
    if (!step || this.panel.hidden) return;
    event.preventDefault();
    const at = event.target.closest("li");
    (at ? (at[step] ?? this.search) : this.items.firstChild)?.focus();
  }
}

function make(tag, className, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  if (className) made.className = className;
  made.dataset.lmSuppressShortcuts = "true"; // or JupyterLab takes the slider's arrow keys
  made.append(...children);
  return made;
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function nearest(list, step) {
  return list.reduce((best, frame, index) => (Math.abs(frame.step - step) < Math.abs(list[best].step - step) ? index : best), 0);
}

function stepText(frame, count, isNewest) {
  const step = frame.step === null ? "" : `step ${frame.step.toLocaleString("en")}`;
  return isNewest ? `${step} (newest of ${count})` : step;
}

function factsOf(state, since) {
  const told = [];
  if (state.step != null) told.push(`step ${state.step.toLocaleString("en")}`);
  if (state.progress) told.push(state.progress);
  if (state.log_likelihood != null) told.push(`log likelihood ${nats(state.log_likelihood)}`);
  if (state.log_evidence != null) told.push(`log evidence ${nats(state.log_evidence)}`);
  if (state.rate != null && state.state === "running") told.push(`${number(state.rate, 3)} per second`);
  if (since !== null) told.push(`updated ${age(since)} ago`);
  return told;
}

function number(value, digits) {
  return value.toLocaleString("en", { maximumSignificantDigits: digits }).replace("-", "−");
}

// Two decimals, unless that says nothing of it.
function nats(value) {
  const isPlain = value === 0 || (Math.abs(value) >= 0.005 && Math.abs(value) < 1e12);
  const two = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  return (isPlain ? value.toLocaleString("en", two) : value.toExponential(4)).replace("-", "−");
}

function age(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min`;
  if (whole < 48 * 3600) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86400)} days`;
}

function clock(moment) {
  if (!moment) return "an unknown time";
  const at = new Date(moment * 1000);
  const isToday = at.toDateString() === new Date().toDateString();
  return isToday ? at.toLocaleTimeString() : at.toLocaleString();
}

// What is to be drawn of a curve: its early values are often far below all that follow, and left out below.
function plotted(points, width = 640, height = 90) {
  const sorted = points.map((each) => each[1]).sort((a, b) => a - b);
  const high = sorted.at(-1);
  const middle = sorted[Math.floor(sorted.length / 2)];
  const low = Math.max(sorted[0], high - 5 * (high - middle || high - sorted[0] || 1));
  const [first, last] = [points[0][0], points.at(-1)[0]];
  const x = (step) => 4 + ((step - first) / (last - first || 1)) * (width - 8);
  const y = (value) => height - 5 - ((value - low) / (high - low || 1)) * (height - 10);
  return { points, width, height, low, high, x, y };
}

function draw(svg, plot, step) {
  const shape = (name, attributes) => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  const { points, width, height, x, y } = plot;
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("preserveAspectRatio", "none");
  const path = points.map(([at, value], index) => `${index ? "L" : "M"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`).join("");
  const shapes = [shape("path", { d: path, class: "autoviz-line" })];
  if (step !== null) {
    const at = Math.min(Math.max(x(step), 0), width);
    shapes.push(shape("path", { d: `M${at} 0V${height}`, class: "autoviz-mark" }));
  }
  svg.replaceChildren(...shapes);
}
