/**
 * The request parameters that a person may set: names, ranges and defaults are those of the API.
 * A test compares them with the server's own request types.
 *
 * Left out are what the console decides itself (`model`, `stream`, `stream_options`,
 * `perf_metrics_in_response`), second names (`max_completion_tokens`), and the labels, which
 * change nothing.
 */

/** @typedef {'chat'|'completion'} Mode */

/**
 * @typedef {object} Parameter
 * @property {string} name the request's field
 * @property {string} label
 * @property {'number'|'integer'|'boolean'|'strings'|'map'|'choice'} kind
 * @property {number} [min] the least value
 * @property {boolean} [above] whether `min` itself is out of range
 * @property {number} [max] the greatest value
 * @property {number} [step] of the slider and the arrow keys
 * @property {boolean} [slider] whether a slider stands beside the number
 * @property {string[]} [choices] the values of a choice
 * @property {unknown} default what the API does when the field is left out; null: off, or nothing
 * @property {string} [without] what null means, in a word
 * @property {string} help
 * @property {string} group
 * @property {Mode[]} modes where it can be set
 */

/** @type {Mode[]} */
const BOTH = ["chat", "completion"];
const INT32_MAX = 2 ** 31 - 1;
/** The most stop strings of a request. */
export const MAX_STOP_STRINGS = 16;
/** The most characters of a stop string. */
export const MAX_STOP_LENGTH = 1024;
/** The least and the greatest bias of a token. */
export const BIAS_RANGE = /** @type {const} */ ([-100, 100]);

/** @param {Mode} mode @param {number} fallback @returns {Parameter} */
function maxTokens(mode, fallback) {
  return {
    name: "max_tokens",
    label: "Max tokens",
    kind: "integer",
    min: 0,
    max: INT32_MAX,
    default: fallback,
    help: "The most tokens to generate for a choice. 0 generates nothing and only scores the" +
      " prompt, with Echo.",
    group: "Length",
    modes: [mode],
  };
}

/** @type {readonly Parameter[]} */
export const PARAMETERS = [
  maxTokens("chat", 2048),
  maxTokens("completion", 16),
  {
    name: "n",
    label: "Choices (n)",
    kind: "integer",
    min: 1,
    max: 128,
    default: 1,
    help: "How many replies to generate side by side. Each is sampled on its own.",
    group: "Length",
    modes: BOTH,
  },
  {
    name: "stop",
    label: "Stop strings",
    kind: "strings",
    default: [],
    help: "Texts that end a choice; they are not part of the reply. One a line, at most 16." +
      " Write a newline as \\n, a tab as \\t and a backslash as \\\\.",
    group: "Length",
    modes: BOTH,
  },
  {
    name: "ignore_eos",
    label: "Ignore end tokens",
    kind: "boolean",
    default: false,
    help: "Keep generating past the model's end-of-sequence tokens, up to Max tokens.",
    group: "Length",
    modes: BOTH,
  },
  {
    name: "context_length_exceeded_behavior",
    label: "When the context is too short",
    kind: "choice",
    choices: ["truncate", "error"],
    default: "truncate",
    help: "When the prompt and Max tokens do not fit the context together: lower Max tokens" +
      " (truncate) or refuse the request (error). The prompt itself is never cut.",
    group: "Length",
    modes: BOTH,
  },
  {
    name: "prompt_truncate_len",
    label: "Prompt length limit",
    kind: "integer",
    min: 1,
    max: INT32_MAX,
    default: null,
    without: "none",
    help: "Leave out the oldest user and assistant messages until the prompt has at most this" +
      " many tokens.",
    group: "Length",
    modes: ["chat"],
  },
  {
    name: "temperature",
    label: "Temperature",
    kind: "number",
    min: 0,
    max: 2,
    step: 0.05,
    slider: true,
    default: 1,
    help: "How random the reply is: 0 always takes the most likely token, 1 samples from the" +
      " model's own distribution, more makes unlikely tokens likelier.",
    group: "Sampling",
    modes: BOTH,
  },
  {
    name: "top_p",
    label: "Top p",
    kind: "number",
    min: 0,
    max: 1,
    step: 0.01,
    slider: true,
    default: 1,
    help: "Nucleus sampling: only the most likely tokens that hold this share of the probability" +
      " together are considered. 1 is off.",
    group: "Sampling",
    modes: BOTH,
  },
  {
    name: "top_k",
    label: "Top k",
    kind: "integer",
    min: 0,
    default: 0,
    help: "Only this many of the most likely tokens are considered. 0 is off.",
    group: "Sampling",
    modes: BOTH,
  },
  {
    name: "min_p",
    label: "Min p",
    kind: "number",
    min: 0,
    max: 1,
    step: 0.01,
    slider: true,
    default: 0,
    help: "Tokens less likely than this share of the most likely token's probability are left" +
      " out. 0 is off.",
    group: "Sampling",
    modes: BOTH,
  },
  {
    name: "typical_p",
    label: "Typical p",
    kind: "number",
    min: 0,
    max: 1,
    step: 0.01,
    slider: true,
    default: 1,
    help: "Locally typical sampling: the share of probability that is kept, of the tokens whose" +
      " surprise is closest to what is expected. 1 is off.",
    group: "Sampling",
    modes: BOTH,
  },
  {
    name: "seed",
    label: "Seed",
    kind: "integer",
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    default: null,
    without: "random",
    help: "Makes the request repeatable: the same request with the same seed gives the same" +
      " reply. Every request draws its own when it is left out.",
    group: "Sampling",
    modes: BOTH,
  },
  {
    name: "mirostat_target",
    label: "Mirostat target",
    kind: "number",
    min: 0,
    max: 100,
    step: 0.1,
    default: null,
    without: "off",
    help: "Mirostat sampling keeps the surprise of the tokens near this many bits. Off when left" +
      " out.",
    group: "Sampling",
    modes: BOTH,
  },
  {
    name: "mirostat_lr",
    label: "Mirostat learning rate",
    kind: "number",
    min: 0,
    max: 1,
    step: 0.01,
    slider: true,
    default: 0.1,
    help: "How fast mirostat corrects itself. It matters only with a Mirostat target.",
    group: "Sampling",
    modes: BOTH,
  },
  {
    name: "frequency_penalty",
    label: "Frequency penalty",
    kind: "number",
    min: -2,
    max: 2,
    step: 0.05,
    slider: true,
    default: 0,
    help: "Subtracted from a token's logit for each time that it was sampled in this choice.",
    group: "Penalties",
    modes: BOTH,
  },
  {
    name: "presence_penalty",
    label: "Presence penalty",
    kind: "number",
    min: -2,
    max: 2,
    step: 0.05,
    slider: true,
    default: 0,
    help: "Subtracted once from the logit of every token that was sampled in this choice.",
    group: "Penalties",
    modes: BOTH,
  },
  {
    name: "repetition_penalty",
    label: "Repetition penalty",
    kind: "number",
    min: 0,
    above: true,
    max: 2,
    step: 0.05,
    slider: true,
    default: 1,
    help: "Scales down the logit of every token that is in the prompt or was sampled. 1 is off," +
      " less than 1 asks for repetition.",
    group: "Penalties",
    modes: BOTH,
  },
  {
    name: "logit_bias",
    label: "Logit bias",
    kind: "map",
    default: {},
    help: "Added to the logits of tokens, -100 to 100. One a line: the token's id, a colon, the" +
      " bias, as in 1234: -100. The token view shows ids.",
    group: "Penalties",
    modes: BOTH,
  },
  {
    name: "logprobs",
    label: "Record probabilities",
    kind: "boolean",
    default: true,
    help: "Ask for each token's probability and its alternatives, which the token view shows. The" +
      " API's own default is off; the console's is on.",
    group: "Reply",
    modes: BOTH,
  },
  {
    name: "top_logprobs",
    label: "Alternatives",
    kind: "integer",
    min: 0,
    max: 20,
    default: 5,
    help: "How many alternatives to record for each token, when probabilities are recorded.",
    group: "Reply",
    modes: BOTH,
  },
  {
    name: "echo",
    label: "Echo",
    kind: "boolean",
    default: false,
    help: "Return the prompt, as the model reads it, before the reply.",
    group: "Reply",
    modes: BOTH,
  },
  {
    name: "echo_last",
    label: "Echo last",
    kind: "integer",
    min: 0,
    max: INT32_MAX,
    default: null,
    without: "off",
    help: "Return only this many of the prompt's last tokens before the reply. It wins over Echo.",
    group: "Reply",
    modes: BOTH,
  },
  {
    name: "return_token_ids",
    label: "Token ids",
    kind: "boolean",
    default: false,
    help: "Return the token ids of prompt and reply. They stand below the reply's statistics.",
    group: "Reply",
    modes: BOTH,
  },
  {
    name: "raw_output",
    label: "Raw output",
    kind: "boolean",
    default: false,
    help: "Return what the model read and wrote: prompt fragments and token ids. It stands below" +
      " the reply's statistics.",
    group: "Reply",
    modes: BOTH,
  },
];

/** The parameters of a mode, in the order of their groups.
 * @param {Mode} mode
 * @returns {Parameter[]}
 */
export function parametersOf(mode) {
  return PARAMETERS.filter((parameter) => parameter.modes.includes(mode));
}

/** What holds when the request leaves the parameter out: the model's default, else the API's.
 * @param {Parameter} parameter
 * @param {Record<string, unknown>} defaults the model's
 * @returns {unknown}
 */
export function defaultInForce(parameter, defaults) {
  const own = defaults[parameter.name];
  if (own === undefined || own === null) return parameter.default;
  return parameter.kind === "strings" && typeof own === "string" ? [own] : own;
}
