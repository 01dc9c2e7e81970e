"use strict";
// Data come as classic scripts, which are all that a page from `file://` may load: `autoviz.put(NAME, VALUE)`.
// `views/page/__init__.py` is their format.

const FORMAT = 1;
const SERVED = document.querySelector('meta[name="autoviz-server"]') !== null;
const KIND = document.querySelector('meta[name="autoviz-page"]')?.content ?? "run";

window.autoviz = {
  put(name, value) {
    document.currentScript.value = value;
  },
};

/** The value of a data script, as a promise. `version` makes the browser look again. */
function load(url, version) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    const end = (settle, value) => {
      script.remove();
      settle(value);
    };
    script.onload = () => {
      if (!script.value) end(reject, new Error("is not whole"));
      else if (script.value.format > FORMAT) end(reject, new Error("was written by a later autoviz-render"));
      else end(resolve, script.value);
    };
    script.onerror = () => end(reject, new Error("cannot be loaded"));
    script.async = true;
    script.src = url + "?v=" + encodeURIComponent(version);
    document.head.append(script);
  });
}

/** A data script that is loaded again and again while it is looked at: `run.js` or `index.js`. */
class Followed {
  constructor(url, changed) {
    Object.assign(this, { url, changed, value: null, error: null, changes: 0, seen: 0, tries: 0, timer: null });
    this.loading = this.again = this.closed = false;
  }

  start() {
    this.look();
    return this;
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
  }

  /** Load it now; if it is being loaded, once more after that. */
  async look() {
    clearTimeout(this.timer);
    if (this.loading) return void (this.again = true);
    this.loading = true;
    this.again = false;
    try {
      await this.take(await load(this.url, Date.now() / 1000));
    } catch (error) {
      this.error = error;
      if (!this.value) this.changed(this);
    }
    this.loading = false;
    if (!this.closed) this.timer = setTimeout(() => this.later(), this.again ? 250 : this.pause());
  }

  later() {
    if (document.visibilityState === "visible" || this.again) this.look();
    else document.addEventListener("visibilitychange", () => this.closed || this.look(), { once: true });
  }

  pause() {
    if (stream.passes) return 20000; // events tell; this only mends what they lost
    return this.error || (this.value && this.value.next !== null) ? 1000 : 10000;
  }

  async take(value) {
    this.error = null;
    if (this.value && this.value.now === value.now) return;
    if (this.value) this.changes += 1;
    this.seen = performance.now();
    this.value = value;
    await this.changed(this);
  }

  /** Seconds since the newest change that was seen. */
  get quiet() {
    return (performance.now() - this.seen) / 1000;
  }

  /** "over" if nobody promised more; "live"; "cut off" if the promise was broken; "unknown" until that can be told. */
  get state() {
    const { now, next } = this.value;
    if (next === null) return "over";
    if (this.quiet > next - now + 1) return this.clock > next ? "cut off" : "live";
    return this.changes || (now - 1 <= this.clock && this.clock <= next) ? "live" : "unknown";
  }

  /** The writer's time on the page's clock, corrected by what a change told of their difference. */
  get clock() {
    return this.changes ? this.value.now + this.quiet : Date.now() / 1000;
  }

  /** The moment from which ages count. */
  get present() {
    return this.state === "live" ? Math.max(this.clock, this.value.now) : this.value.now;
  }

  /** How true it is still, in words. */
  get standing() {
    const at = clock(this.value.now);
    if (this.state === "live") return "live";
    return this.state === "cut off" ? "nothing new since " + at : "as of " + at;
  }
}

/** Files named by `run.js` or `index.js` with the digest of their bytes: each is loaded once, and again if it changed. */
class Digested {
  constructor() {
    this.files = new Map(); // address -> {digest, value, loading}
  }

  /** The newest value that is here; asks for a newer one if the digest is another, and calls `then` when it is here. */
  get(url, digest, then) {
    let file = this.files.get(url);
    if (!file) this.files.set(url, (file = { digest: null, value: null, loading: false }));
    if (file.digest !== digest && !file.loading) {
      file.loading = true;
      load(url, digest).then(
        (value) => {
          Object.assign(file, { value, digest, loading: false });
          then();
        },
        () => setTimeout(() => (file.loading = false), 1000), // replaced or removed meanwhile: the next look tells
      );
    }
    return file.value;
  }
}

const digested = new Digested();
const picture = (base64) => "data:image/webp;base64," + base64;
