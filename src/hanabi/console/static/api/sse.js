/**
 * Server-sent events, as a stream of texts cut anywhere.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 * @module
 */

/**
 * Makes a parser. An event is told when its empty line has come; what is behind the last empty line
 * when a stream ends is no event, as the standard has it. Event names, ids and comments are not ours
 * and are left out.
 * @param {(data: string) => void} onData takes the `data:` of each event, its lines joined
 * @returns {{ push: (text: string) => void }}
 */
export function createSseParser(onData) {
  let rest = ""; // the beginning of a line
  /** @type {string[]} */
  let lines = []; // of the event that is under way

  /** @param {string} line */
  const take = (line) => {
    if (line === "") {
      const event = lines;
      lines = [];
      if (event.length > 0) onData(event.join("\n"));
    } else if (line === "data" || line.startsWith("data:")) {
      const value = line.slice(5);
      lines.push(value.startsWith(" ") ? value.slice(1) : value);
    }
  };

  return {
    push(text) {
      rest += text;
      let start = 0;
      for (let end = lineEnd(rest, start); end >= 0; end = lineEnd(rest, start)) {
        const line = rest.slice(start, end);
        start = rest.startsWith("\r\n", end) ? end + 2 : end + 1;
        take(line);
      }
      rest = rest.slice(start);
    },
  };
}

/**
 * Where the next line ends, or -1: a last "\r" waits, since a "\n" may follow it.
 * @param {string} text
 * @param {number} start
 */
function lineEnd(text, start) {
  const feed = text.indexOf("\n", start);
  const carriage = text.indexOf("\r", start);
  const end = carriage < 0 || (feed >= 0 && feed < carriage) ? feed : carriage;
  return end === text.length - 1 && text[end] === "\r" ? -1 : end;
}
