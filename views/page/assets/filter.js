"use strict";
// `log_evidence > -1000 and state == running`, or plain words. A tiny language of its own: nothing is evaluated.

const TOKEN = /\s*(?:("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(>=|<=|==|!=|<>|&&|\|\||[()<>=!~])|([^\s()<>=!~&|"']+))/y;
const UNITS = { s: 1, m: 60, min: 60, h: 3600, d: 86400, k: 1e3, M: 1e6 };
const COMPARE = {
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  "=": (a, b) => a === b,
  "!=": (a, b) => a !== b,
};
const SAME = { "==": "=", "<>": "!=", "&&": "and", "||": "or", "!": "not" };

/** What a filter says, as a function of a row.
 *
 * @param {string} text
 * @param {(name: string) => ((row) => number|string|null) | null} field How to get what has that name.
 * @returns {(row) => boolean}
 * @throws {Error} It says in words what cannot be understood.
 */
function filterFrom(text, field) {
  const tokens = tokensOf(text);
  let at = 0;
  const peek = () => tokens[at];
  const is = (word) => at < tokens.length && !tokens[at].quoted && tokens[at].text.toLowerCase() === word;
  const take = (word) => is(word) && ++at;

  function either() {
    const parts = [both()];
    while (take("or")) parts.push(both());
    return parts.length === 1 ? parts[0] : (row) => parts.some((part) => part(row));
  }
  function both() {
    const parts = [inverse()];
    while (take("and") || (at < tokens.length && !is("or") && !is(")"))) parts.push(inverse());
    return parts.length === 1 ? parts[0] : (row) => parts.every((part) => part(row));
  }
  function inverse() {
    if (!take("not")) return term();
    const part = inverse();
    return (row) => !part(row);
  }
  function term() {
    if (take("(")) {
      const part = either();
      if (!take(")")) throw new Error("a bracket is not closed");
      return part;
    }
    const token = peek();
    if (!token) throw new Error("something is missing at the end");
    if (token.isSign || is("and") || is("or")) throw new Error(`“${token.text}” needs something before it`);
    at += 1;
    const sign = peek()?.isSign && peek().text;
    return sign && (sign === "~" || COMPARE[sign]) ? comparison(token.text, sign) : words(token.text);
  }
  function comparison(name, sign) {
    at += 1;
    const value = peek();
    if (!value || value.isSign) throw new Error(`“${name} ${sign}” needs a value after it`);
    at += 1;
    const get = field(name);
    if (!get) throw new Error(`no run has a number named “${name}”`);
    return sign === "~" ? has(get, value.text.toLowerCase()) : compared(get, name, sign, value.text);
  }

  if (!tokens.length) return () => true;
  const whole = either();
  if (at < tokens.length) throw new Error(`“${tokens[at].text}” is not expected here`);
  return whole;
}

function tokensOf(text) {
  const tokens = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const start = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw new Error(`“${text.slice(start).trim().slice(0, 20)}” cannot be read`);
    const [, quoted, sign, word] = match;
    if (quoted) tokens.push({ text: quoted.slice(1, -1).replace(/\\(.)/g, "$1"), quoted: true });
    else tokens.push({ text: SAME[sign] ?? sign ?? word, isSign: Boolean(sign) && !/[&|!]$/.test(sign) });
  }
  return tokens;
}

function words(text) {
  const sought = text.toLowerCase();
  return (row) => row.text.includes(sought);
}

function has(get, sought) {
  return (row) => String(get(row) ?? "").toLowerCase().includes(sought);
}

/** A run that lacks the number fulfils no comparison with it. */
function compared(get, name, sign, text) {
  const compare = COMPARE[sign];
  const wanted = numberFrom(text);
  const sought = text.toLowerCase();
  const unordered = sign !== "=" && sign !== "!=";
  if (wanted === null && unordered) throw new Error(`“${text}” is no number to compare ${name} with`);
  return (row) => {
    const value = get(row);
    if (value === null || value === undefined) return sign === "!=" && wanted === null;
    if (typeof value === "number") return wanted !== null && compare(value, wanted);
    return compare(String(value).toLowerCase(), sought);
  };
}

/** `-1e4`, `1,000`, `5min`, `2h`, `10k`; null if it is none. */
function numberFrom(text) {
  const match = /^([+\-\u2212]?(?:\d[\d,_]*\.?\d*|\.\d+)(?:e[+-]?\d+)?|[+\-\u2212]?inf(?:inity)?)([a-z]*)$/i.exec(text);
  if (!match || (match[2] && !(match[2] in UNITS))) return null;
  const plain = match[1].replace("\u2212", "-").replace(/[,_]/g, "").replace(/inf(inity)?/i, "Infinity");
  return Number(plain) * (UNITS[match[2]] ?? 1);
}
