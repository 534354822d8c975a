/** The requests that the console sends, as plain objects: what "View code" shows is these. Pure. */

/** @typedef {{ role: string, content: string }} Message */
/** @typedef {Record<string, unknown>} Body */

/** The address that bodies of chat completions go to, relative to the server. */
export const CHAT_PATH = "/v1/chat/completions";
/** The address that bodies of completions go to, relative to the server. */
export const COMPLETION_PATH = "/v1/completions";
/** How many alternatives are recorded for each token unless the panel says otherwise. */
const TOP_LOGPROBS = 5;

/** The body of a chat completion.
 * @param {object} request
 * @param {string} request.model
 * @param {string|null} request.system null: the style's own, which is not sent; "": explicitly none
 * @param {Message[]} request.messages the turns, without the system message
 * @param {Record<string, unknown>} request.parameters the changed ones
 * @returns {Body}
 */
export function chatBody({ model, system, messages, parameters }) {
  const first = system === null ? [] : [{ role: "system", content: system }];
  return { model, messages: [...first, ...messages], ...sent(parameters) };
}

/** The body of a completion.
 * @param {object} request
 * @param {string} request.model
 * @param {string|number[]} request.prompt a text, or token ids that are used as they are
 * @param {Record<string, unknown>} request.parameters the changed ones
 * @returns {Body}
 */
export function completionBody({ model, prompt, parameters }) {
  return { model, prompt, ...sent(parameters) };
}

/** The body that asks for the exact prompt of another request: every token that the model would
 * read, with its probability, and nothing generated. It is not streamed.
 * @param {Body} body of either kind
 * @returns {Body}
 */
export function exactPromptBody({ model, messages, prompt, prompt_truncate_len }) {
  return {
    model,
    ...(messages === undefined ? { prompt } : { messages }),
    ...(prompt_truncate_len === undefined ? {} : { prompt_truncate_len }),
    max_tokens: 0,
    echo: true,
    logprobs: true,
    top_logprobs: TOP_LOGPROBS,
    raw_output: true,
  };
}

/** The fields that follow from the parameter panel, and those of every request of the console.
 * @param {Record<string, unknown>} parameters
 * @returns {Body}
 */
function sent({ logprobs = true, top_logprobs = TOP_LOGPROBS, ...others }) {
  return {
    ...others,
    ...(logprobs ? { logprobs: true, top_logprobs } : {}),
    stream: true,
    perf_metrics_in_response: true,
  };
}
