"use strict";
// What a server tells, as it happens: one stream a browser, shared by its pages; if no stream passes, by asking.
// docs: `views/server/__init__.py`.

const API_BASE = SERVED && KIND === "run" ? "../../" : "";
const PATIENCE = 5000; // ms until a stream that says nothing is given up
const BEAT = 4000; // ms between signs of life of the page that has the stream
const ASK = 1000; // ms between two questions if no stream passes

const stream = {
  passes: false,
  listeners: new Set(), // {run, act}
  me: Math.random().toString(36).slice(2),
  leads: false,
  heard: 0, // when the leading page was heard last

  /** Be told of a run, or of all (null), as `act(event, data)`; returns how to end that. */
  hear(run, act) {
    const listener = { run, act };
    this.listeners.add(listener);
    this.want();
    return () => this.listeners.delete(listener);
  },

  start() {
    if (!SERVED) return;
    const base = new URL(API_BASE || "./", location.href.split("#")[0]);
    if (typeof BroadcastChannel === "function") {
      this.channel = new BroadcastChannel("autoviz " + base.pathname);
      this.channel.onmessage = ({ data }) => this.receive(data);
    }
    this.post({ kind: "who" });
    setTimeout(() => this.check(), 400);
    setInterval(() => this.check(), BEAT);
    addEventListener("pagehide", () => this.leads && this.post({ kind: "left" }));
  },

  post(message) {
    this.channel?.postMessage({ ...message, from: this.me });
  },

  lead() {
    this.post({ kind: "lead", data: this.passes });
  },

  receive({ kind, from, event, data, run }) {
    if (kind === "who" && this.leads) this.lead();
    else if (kind === "want" && this.leads) this.addRun(run);
    else if (kind === "lead") this.yieldTo(from, data);
    else if (kind === "left") (this.heard = 0), this.check();
    else if (kind === "event") this.deliver(event, data);
  },

  /** Another page has the stream, or wants it too: the greater name keeps it. */
  yieldTo(from, passes) {
    if (this.leads && from < this.me) return this.lead();
    this.heard = performance.now();
    if (this.leads) this.close();
    this.passes = passes;
    this.want();
  },

  check() {
    if (this.leads) return this.lead();
    if (performance.now() - this.heard < 2.5 * BEAT && this.heard) return;
    if (document.visibilityState !== "visible") return;
    this.leads = true;
    this.passes = false;
    this.lead();
    this.open();
  },

  /** Tell the leading page which runs' frames are wanted here. */
  want() {
    for (const { run } of this.listeners) if (run && !this.leads) this.post({ kind: "want", run });
    if (this.leads) for (const { run } of this.listeners) if (run) this.addRun(run);
  },

  runs: new Set(),
  addRun(run) {
    if (this.runs.has(run)) return;
    this.runs.add(run);
    if (this.events || this.timer) this.open();
  },

  address(what) {
    const asked = [...this.runs].map((run) => ["run", run]);
    if (!asked.length) asked.push(["run", "none"]); // no frames, only what changed
    if (this.last) asked.push(["after", this.last]);
    return `${API_BASE}api/${what}?${new URLSearchParams(asked)}`;
  },

  open() {
    this.close(true);
    for (const { run } of this.listeners) if (run) this.runs.add(run);
    this.events = new EventSource(this.address("events"));
    for (const event of ["hello", "frame", "changed", "bye"]) {
      this.events.addEventListener(event, (told) => this.told(event, JSON.parse(told.data), told.lastEventId));
    }
    this.giveUp = setTimeout(() => this.poll(), PATIENCE);
    this.events.onerror = () => {
      this.setPasses(false);
      if (this.events?.readyState === EventSource.CLOSED) this.poll();
    };
  },

  told(event, data, id) {
    if (event === "hello") {
      clearTimeout(this.giveUp);
      this.setPasses(true);
    }
    if (id) this.last = id;
    this.post({ kind: "event", event, data });
    this.deliver(event, data);
  },

  setPasses(passes) {
    this.passes = passes;
    this.post({ kind: "event", event: "passes", data: passes });
  },

  /** To the pages of this browser that want it. */
  deliver(event, data) {
    if (event === "passes") return void (this.passes = data);
    if (event === "hello") {
      if (this.server && this.server !== data.server) this.deliver("changed", { runs: null });
      this.server = data.server;
    }
    if (event !== "frame" && event !== "changed") return;
    const concerns = (run) => (event === "frame" ? run === data.run : !run || !data.runs || data.runs.includes(run));
    for (const { run, act } of this.listeners) if (concerns(run)) act(event, data);
  },

  /** Ask again and again: a proxy holds streams back. */
  poll() {
    this.close(true);
    const ask = async () => {
      try {
        const answer = await fetch(this.address("state"));
        if (answer.ok) {
          const told = await answer.json();
          for (const { event, data } of told.events) this.told(event, data);
          this.last = told.last;
        }
      } catch {
        // the server is away: pages tell by the age of what they show
      }
      if (this.leads) this.timer = setTimeout(ask, document.visibilityState === "visible" ? ASK : 20 * ASK);
    };
    this.timer = setTimeout(ask, 0);
  },

  close(isStaying = false) {
    clearTimeout(this.giveUp);
    clearTimeout(this.timer);
    this.events?.close();
    this.events = this.timer = null;
    if (!isStaying) this.leads = false;
  },
};
