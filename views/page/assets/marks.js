"use strict";
// What a person thinks of the runs: kept in this browser at once, and in marks.csv when that can be written. A server
// writes it; from `file://` a button does. `renderer/sheet/marks.py` is its format.

const MARKS = { good: "✓ good", bad: "✗ bad", look: "? look again" };
const LONGEST_NOTE = 1000;
const FORMULA = /^[=+\-@\t\r\n']/;

function inOneCell(text) {
  const guarded = FORMULA.test(text) ? "'" + text : text;
  return /[",\n\r]/.test(guarded) ? '"' + guarded.replace(/"/g, '""') + '"' : guarded;
}

function now() {
  return new Date().toISOString().replace(/\.\d+Z$/, "Z");
}

/** The marks of all runs, by what marks.csv calls a run. */
class Marks {
  constructor(changed) {
    Object.assign(this, { changed, all: new Map(), unsaved: new Set(), file: null, error: "" });
    this.place = "autoviz marks " + location.pathname;
    this.sending = Promise.resolve();
  }

  /** Have the marks that the sheet was made with, and those of this browser that are newer. */
  read(rows) {
    for (const [run, , , , mark, note, when] of rows) if (mark || note) this.all.set(run, { mark, note, when });
    for (const [run, [mark, note, when]] of Object.entries(this.kept())) {
      const before = this.all.get(run);
      if (before && before.when >= when) continue;
      this.all.set(run, { mark, note, when });
      if (mark !== (before?.mark ?? "") || note !== (before?.note ?? "")) this.unsaved.add(run);
    }
  }

  kept() {
    try {
      const kept = JSON.parse(localStorage.getItem(this.place) ?? "{}");
      return Object.fromEntries(Object.entries(kept).filter(([, each]) => Array.isArray(each) && each.every((text) => typeof text === "string")));
    } catch {
      return {}; // a browser that keeps nothing
    }
  }

  of(run) {
    return this.all.get(run) ?? { mark: "", note: "", when: "" };
  }

  set(run, changes) {
    const made = { ...this.of(run), ...changes, when: now() };
    made.note = made.note.replace(/\s+/g, " ").trim().slice(0, LONGEST_NOTE);
    this.all.set(run, made);
    this.unsaved.add(run);
    this.keep();
    this.changed(run);
    if (SERVED) this.sending = this.sending.then(() => this.send(run, made));
    else if (this.file) this.sending = this.sending.then(() => this.writeTo(this.file)).catch((error) => this.fail(error));
  }

  /** In this browser, also what another tab of it kept meanwhile. */
  keep() {
    const kept = this.kept();
    for (const run of this.unsaved) {
      const { mark, note, when } = this.all.get(run);
      kept[run] = [mark, note, when];
    }
    try {
      localStorage.setItem(this.place, JSON.stringify(kept));
    } catch {
      this.error = "This browser keeps no marks: save them before you leave.";
    }
  }

  fail(error) {
    this.error = "Marks are not written to marks.csv: " + (error?.message ?? error);
    this.changed(null);
  }

  /** Have the server write one. */
  async send(run, made) {
    try {
      const asked = new URLSearchParams({ run, mark: made.mark, note: made.note, when: made.when });
      const answer = await fetch("api/mark?" + asked, { method: "POST", headers: { "X-Autoviz-Mark": "1" } });
      const told = await answer.json().catch(() => ({}));
      if (!answer.ok) throw new Error(told.error ?? "the server answers " + answer.status);
      if (this.all.get(run) === made) this.unsaved.delete(run);
      this.error = "";
      this.changed(null);
    } catch (error) {
      this.fail(error);
    }
  }

  /** What the server has, and then what it has not yet. */
  async fetch() {
    try {
      const answer = await fetch("api/marks");
      if (!answer.ok) throw new Error("the server answers " + answer.status);
      for (const [run, mark, note, when] of (await answer.json()).marks) {
        const before = this.all.get(run);
        if (!before || before.when < when) this.all.set(run, { mark, note, when });
      }
      for (const run of [...this.unsaved]) await this.send(run, this.all.get(run));
      this.changed(null);
    } catch (error) {
      this.fail(error);
    }
  }

  text() {
    const rows = [...this.all].filter(([, made]) => made.mark || made.note).sort(([one], [other]) => (one < other ? -1 : 1));
    const lines = rows.map(([run, { mark, note, when }]) => [run, mark, note, when].map(inOneCell).join(","));
    return ["run,mark,note,when", ...lines, ""].join("\n");
  }

  /** Write marks.csv: where the person says, if the browser can; else into the folder of downloads. */
  async save() {
    try {
      if (window.showSaveFilePicker) {
        this.file ??= await window.showSaveFilePicker({ suggestedName: "marks.csv", types: [{ accept: { "text/csv": [".csv"] } }] });
        await this.writeTo(this.file);
        return;
      }
    } catch (error) {
      if (error.name === "AbortError") return; // the person thought better of it
      this.file = null;
    }
    const url = URL.createObjectURL(new Blob([this.text()], { type: "text/csv" }));
    const link = el("a", { href: url, download: "marks.csv" });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
    this.written();
  }

  async writeTo(file) {
    const stream = await file.createWritable();
    await stream.write(this.text());
    await stream.close();
    this.written();
  }

  written() {
    this.unsaved.clear();
    this.error = "";
    this.changed(null);
  }
}
