/** Runs one streamed request and folds its chunks into choices. */

import { noStatistics, rate } from "../lib/statistics.js";
import { tokenOf } from "../lib/tokens.js";

/** @import { Api } from "./client.js" */
/** @import { Statistics } from "../lib/statistics.js" */
/** @import { Body } from "../lib/request.js" */

/** One of the most likely tokens at a place.
 * @typedef {{ text: string, id: number, bytes: number[], logprob: number }} Alternative
 */

/**
 * One token: itself, and the most likely ones at its place, most likely first. `prompt`: it was
 * read, not generated. `offset`: of its first character in the choice's text, in code points.
 * @typedef {Alternative & { top: Alternative[], prompt: boolean, offset: number }} Token
 */

/**
 * @typedef {object} Choice
 * @property {string} text with echo, the prompt's text first
 * @property {number} echoed how many characters of the text are the prompt's
 * @property {Token[]|null} tokens null where no probabilities were asked for
 * @property {'stop'|'length'|'cancelled'|null} finishReason null while it goes on
 * @property {Statistics|null} statistics
 * @property {Record<string, unknown>|null} raw what else was asked for: `raw_output`, `token_ids`
 *   and `prompt_token_ids`
 */

/** When the first and the last text of a choice came, and how many tokens are known of it. */
const NOT_BEGUN = { first: 0, last: 0, tokens: 0 };

/**
 * Sends a request and tells of its choices as they grow.
 *
 * Abort keeps the text: the promise resolves, and what had not ended is `cancelled`. Any other
 * failure rejects with what `api.stream` threw; its `choices` are those so far.
 * @param {Pick<Api, 'stream'>} api
 * @param {string} path
 * @param {Body} body
 * @param {object} options
 * @param {AbortSignal} [options.signal]
 * @param {(choices: Choice[]) => void} [options.onUpdate] called for each chunk, always with the
 *   same array
 * @param {() => number} [options.now] milliseconds
 * @returns {Promise<Choice[]>}
 */
export async function generate(api, path, body, options) {
  const { signal, onUpdate = () => {}, now = () => performance.now() } = options;
  const fold = createFold(body, now);
  try {
    await api.stream(path, body, {
      ...(signal ? { signal } : {}),
      onChunk(chunk) {
        fold.add(chunk);
        onUpdate(fold.choices);
      },
    });
  } catch (error) {
    fold.end();
    if (!signal?.aborted) {
      throw Object.assign(/** @type {Error} */ (error), { choices: fold.choices });
    }
    for (const choice of fold.choices) choice.finishReason ??= "cancelled";
    return fold.choices;
  }
  fold.end();
  return fold.choices;
}

/** The choices of a stream, and what adds a chunk to them.
 * @param {Body} body
 * @param {() => number} now
 */
function createFold(body, now) {
  const started = now();
  const awaitsEcho = body.echo_last === undefined ? body.echo === true : body.echo_last !== 0;
  const growths = Array.from({ length: Number(body.n ?? 1) }, () => {
    const statistics = noStatistics();
    return { choice: emptyChoice(body, statistics), statistics, awaitsEcho, ...NOT_BEGUN };
  });
  /** @type {any} the chunk with the usage */
  let figures = {};

  /** @param {any} delta one choice of a chunk */
  function grow(delta) {
    const growth = growths[delta.index];
    if (!growth) return;
    const { choice } = growth;
    const text = delta.text ?? delta.delta.content ?? "";
    const rows = delta.logprobs?.content ?? [];
    for (const row of rows) choice.tokens?.push(tokenOf(row));
    choice.text += text;
    choice.finishReason = delta.finish_reason ?? choice.finishReason;
    keepRaw(choice, delta);
    if (growth.awaitsEcho && (text || rows.length)) {
      growth.awaitsEcho = false;
      choice.echoed = text.length;
      return;
    }
    growth.tokens += rows.length || delta.token_ids?.length || 0;
    if (text) tick(growth, now());
  }

  /** @param {typeof growths[number]} growth @param {number} time */
  function tick(growth, time) {
    if (growth.statistics.timeToFirstToken === null) {
      growth.statistics.timeToFirstToken = time - started;
      growth.first = time;
    } else {
      growth.statistics.gaps.push(time - growth.last);
    }
    growth.last = time;
  }

  return {
    choices: growths.map(({ choice }) => choice),
    /** @param {any} chunk */
    add(chunk) {
      chunk.choices.forEach(grow);
      if (chunk.usage) figures = chunk;
    },
    end() {
      const alone = growths.length === 1;
      for (const { statistics, tokens, first, last } of growths) {
        const counted = alone ? figures.usage?.completion_tokens : undefined;
        statistics.promptTokens = figures.usage?.prompt_tokens ?? null;
        statistics.cachedTokens = figures.perf_metrics?.["cached-prompt-tokens"] ?? null;
        statistics.completionTokens = counted ?? (tokens || null);
        statistics.tokensPerSecond = rate(statistics.completionTokens, last - first);
      }
    },
  };
}

/** @param {Body} body @param {Statistics} statistics @returns {Choice} */
function emptyChoice(body, statistics) {
  return {
    text: "",
    echoed: 0,
    tokens: body.logprobs === true ? [] : null,
    finishReason: null,
    statistics,
    raw: null,
  };
}

/** Keeps what was asked for beside the text; ids come in pieces.
 * @param {Choice} choice
 * @param {any} delta
 */
function keepRaw(choice, { raw_output, token_ids, prompt_token_ids }) {
  if (!raw_output && !token_ids && !prompt_token_ids) return;
  choice.raw ??= {};
  if (raw_output) choice.raw.raw_output = raw_output;
  if (prompt_token_ids) choice.raw.prompt_token_ids = prompt_token_ids;
  if (token_ids) {
    const ids = /** @type {number[]} */ (choice.raw.token_ids ??= []);
    for (const id of token_ids) ids.push(id);
  }
}
