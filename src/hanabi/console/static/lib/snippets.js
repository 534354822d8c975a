/**
 * Programs that send a request and print the text as it comes, made from the very object that the
 * console sends. Pure. The key is read from the environment: it is in no snippet.
 */

import { javascriptLiteral, jsonText, pythonLiteral, shellQuoted } from "./literals.js";

/** @import { Body } from "./request.js" */

/**
 * A request: `path` is `/v1/chat/completions` or `/v1/completions`.
 * @typedef {{ path: string, body: Body }} Request
 */

/**
 * @typedef {object} Snippet
 * @property {string} id
 * @property {string} label
 * @property {(request: Request, origin: string) => string} write `origin` is the server's, as in
 *   `http://127.0.0.1:8000`
 */

/** The variable of the environment that holds the key. */
export const KEY_VARIABLE = "FIREWORKS_API_KEY";

/** @type {readonly Snippet[]} */
export const SNIPPETS = [
  { id: "curl", label: "curl", write: curl },
  { id: "fireworks", label: "fireworks.client", write: fireworksPython },
  { id: "openai-python", label: "openai (Python)", write: openaiPython },
  { id: "openai-javascript", label: "openai (JavaScript)", write: openaiJavaScript },
];

/** What the methods of openai's Python client take by name; any other field is an extra. */
const OPENAI_FIELDS = new Set([
  "model",
  "prompt",
  "messages",
  "max_tokens",
  "n",
  "stop",
  "temperature",
  "top_p",
  "frequency_penalty",
  "presence_penalty",
  "logit_bias",
  "seed",
  "stream",
  "logprobs",
]);
const OPENAI_CHAT_FIELDS = new Set([...OPENAI_FIELDS, "top_logprobs"]);
const OPENAI_COMPLETION_FIELDS = new Set([...OPENAI_FIELDS, "echo"]);

/** @param {Request} request @param {string} origin */
function curl({ path, body }, origin) {
  return `curl --no-buffer ${shellQuoted(`${origin}/inference${path}`)} \\
  --header "Authorization: Bearer $${KEY_VARIABLE}" \\
  --header 'Content-Type: application/json' \\
  --data ${shellQuoted(jsonText(body))}
`;
}

/** @param {Request} request @param {string} origin */
function fireworksPython({ path, body }, origin) {
  return `import os

from fireworks.client import Fireworks

client = Fireworks(
    api_key=os.environ["${KEY_VARIABLE}"],
    base_url=${pythonLiteral(`${origin}/inference/v1`)},
)
stream = client.${method(path)}.create(
${pythonArguments(body)})
${pythonLoop(path, body)}`;
}

/** @param {Request} request @param {string} origin */
function openaiPython({ path, body }, origin) {
  const fields = isChat(path) ? OPENAI_CHAT_FIELDS : OPENAI_COMPLETION_FIELDS;
  /** @type {Body} */
  const known = {};
  /** @type {Body} */
  const extra = {};
  for (const [name, value] of Object.entries(body)) {
    (fields.has(name) ? known : extra)[name] = value;
  }
  if (Object.keys(extra).length > 0) known.extra_body = extra;
  return `import os

from openai import OpenAI

client = OpenAI(
    api_key=os.environ["${KEY_VARIABLE}"],
    base_url=${pythonLiteral(`${origin}/v1`)},
)
stream = client.${method(path)}.create(
${pythonArguments(known)})
${pythonLoop(path, body)}`;
}

/** The client for JavaScript sends the fields that it does not know as they are.
 * @param {Request} request
 * @param {string} origin
 */
function openaiJavaScript({ path, body }, origin) {
  const text = isChat(path) ? "choice.delta.content" : "choice.text";
  const loop = choices(body) === 1
    ? `for await (const chunk of stream) {
  for (const choice of chunk.choices) process.stdout.write(${text} ?? "");
}`
    : `const texts = Array(${choices(body)}).fill("");
for await (const chunk of stream) {
  for (const choice of chunk.choices) texts[choice.index] += ${text} ?? "";
}
texts.forEach((text, index) => console.log(\`--- choice \${index}\\n\${text}\`));`;
  return `import process from "node:process";
import OpenAI from "openai";

const client = new OpenAI({
  apiKey: process.env.${KEY_VARIABLE},
  baseURL: ${javascriptLiteral(`${origin}/v1`)},
});
const stream = await client.${method(path)}.create(${javascriptLiteral(body)});
${loop}
`;
}

/** @param {string} path */
function isChat(path) {
  return path.endsWith("/chat/completions");
}

/** @param {string} path the name of the method's owner in every client */
function method(path) {
  return isChat(path) ? "chat.completions" : "completions";
}

/** @param {Body} body */
function choices(body) {
  return Number(body.n ?? 1);
}

/** @param {Body} body @returns {string} one keyword argument a line */
function pythonArguments(body) {
  return Object.entries(body)
    .map(([name, value]) => `    ${name}=${pythonLiteral(value, 1)},\n`).join("");
}

/** @param {string} path @param {Body} body */
function pythonLoop(path, body) {
  const text = isChat(path) ? "choice.delta.content" : "choice.text";
  if (choices(body) === 1) {
    return `for chunk in stream:
    for choice in chunk.choices:
        print(${text} or "", end="", flush=True)
`;
  }
  return `texts = [""] * ${choices(body)}
for chunk in stream:
    for choice in chunk.choices:
        texts[choice.index] += ${text} or ""
for index, text in enumerate(texts):
    print(f"--- choice {index}\\n{text}")
`;
}
