/** Stands for openai's package, which needs npm: the calls of it that generated programs make, each a
 * request to the server with the object that was given, and the events of its stream. What was
 * called is written to standard error as JSON.
 */

export default class OpenAI {
  /** @param {{ apiKey: string, baseURL: string }} options */
  constructor({ apiKey, baseURL }) {
    /** @param {string} path */
    const route = (path) => ({
      /** @param {object} body */
      create: async (body) => {
        console.error(JSON.stringify({ path, body }));
        const reply = await fetch(`${baseURL}/${path}`, {
          method: "POST",
          headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
          body: JSON.stringify(body),
        });
        if (!reply.ok) throw new Error(await reply.text());
        return events(await reply.text());
      },
    });
    this.completions = route("completions");
    this.chat = { completions: route("chat/completions") };
  }
}

/** @param {string} stream */
async function* events(stream) {
  for (const frame of stream.split("\n\n")) {
    const event = frame.replace("data: ", "");
    if (event !== "" && event !== "[DONE]") yield JSON.parse(event);
  }
}
