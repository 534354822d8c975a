import assert from "node:assert/strict";

import {
  ApiError,
  ConnectionLost,
  createApi,
} from "../../../src/hanabi/console/static/api/client.js";

/** @typedef {{ url: string, init: RequestInit }} Asked */

/**
 * Runs a test with replies in place of the network, one after another.
 * @param {((asked: Asked) => Response | Promise<Response>)[]} replies
 * @param {() => Promise<void>} test
 * @returns {Promise<Asked[]>} what was asked
 */
async function answering(replies, test) {
  /** @type {Asked[]} */
  const asked = [];
  const network = globalThis.fetch;
  globalThis.fetch = async (url, init) => {
    const request = { url: String(url), init: init ?? {} };
    asked.push(request);
    const reply = replies[asked.length - 1];
    assert(reply, `an unexpected request: ${request.url}`);
    return await reply(request);
  };
  try {
    await test();
  } finally {
    globalThis.fetch = network;
  }
  assert.equal(asked.length, replies.length);
  return asked;
}

/** @param {unknown} body @param {ResponseInit} [init] */
const reply = (body, init) => () => new Response(JSON.stringify(body), init);

/** @param {readonly string[]} pieces @param {unknown} [broken] the error that the body ends with */
const streamed = (pieces, broken) => () => {
  const encoder = new TextEncoder();
  const left = [...pieces];
  return new Response(
    new ReadableStream({
      pull(controller) {
        const piece = left.shift();
        if (piece !== undefined) controller.enqueue(encoder.encode(piece));
        else if (broken) controller.error(broken);
        else controller.close();
      },
    }),
  );
};

/** @param {Asked | undefined} asked */
const key = (asked) => new Headers(asked?.init.headers).get("authorization");

Deno.test("JSON goes out with the key, and JSON comes back", async () => {
  const [asked] = await answering([reply({ data: [1] })], async () => {
    assert.deepEqual(await createApi("fw_1").post("/v1/x", { a: "é" }), { data: [1] });
  });
  assert.equal(asked?.url, "/v1/x");
  assert.equal(asked?.init.method, "POST");
  assert.equal(asked?.init.body, '{"a":"é"}');
  assert.equal(key(asked), "Bearer fw_1");
});

Deno.test("a reply without a body is null", async () => {
  await answering([() => new Response(null, { status: 204 })], async () => {
    assert.equal(await createApi("k").delete("/v1/x"), null);
  });
});

Deno.test("an error of either shape keeps the server's words", async () => {
  const openai = {
    error: { message: "top_k must be >= 0: -1", code: "invalid", param: "top_k", type: "t" },
  };
  const gateway = { code: 6, message: "the name is taken", details: [] };
  await answering([
    reply(openai, { status: 400 }),
    reply(gateway, { status: 409 }),
    reply({ detail: "Not Found" }, { status: 404 }),
    reply(openai, { status: 429, headers: { "retry-after": "7" } }),
    () => new Response("<h1>Bad gateway</h1>", { status: 502 }),
  ], async () => {
    const api = createApi("k");
    await assert.rejects(api.get("/a"), {
      name: "ApiError",
      message: "top_k must be >= 0: -1",
      status: 400,
      code: "invalid",
      param: "top_k",
      type: "t",
      retryAfter: null,
    });
    await assert.rejects(api.get("/a"), { message: "the name is taken", status: 409, code: 6 });
    await assert.rejects(api.get("/a"), { message: "Not Found", status: 404 });
    await assert.rejects(api.get("/a"), { status: 429, retryAfter: 7 });
    await assert.rejects(api.get("/a"), { message: "The server answered with the status 502" });
  });
});

Deno.test("a network that fails is a lost connection, a reply that is no JSON an error", async () => {
  await answering([
    () => Promise.reject(new TypeError("Failed to fetch")),
    () => new Response("<html>"),
  ], async () => {
    await assert.rejects(createApi("k").get("/a"), ConnectionLost);
    await assert.rejects(createApi("k").get("/a"), ApiError);
  });
});

const refused = reply({ error: { message: "Invalid API key" } }, { status: 401 });

Deno.test("a refused key is renewed once, and the request is made again", async () => {
  let renewals = 0;
  const asked = await answering([refused, reply(1), reply(2)], async () => {
    const api = createApi("old", () => {
      renewals++;
      return Promise.resolve("new");
    });
    assert.equal(await api.post("/a", { text: "kept" }), 1);
    assert.equal(await api.get("/b"), 2);
  });
  assert.equal(renewals, 1);
  assert.deepEqual(asked.map(key), ["Bearer old", "Bearer new", "Bearer new"]);
  assert.equal(asked[1]?.init.body, '{"text":"kept"}');
});

Deno.test("a request whose key was renewed meanwhile does not ask for one", async () => {
  let renewals = 0;
  /** @type {(key: string) => void} */
  let give = () => {};
  /** @type {(response: Response) => void} */
  let late = () => {};
  await answering([
    refused,
    () => new Promise((resolve) => late = resolve),
    reply("first"),
    reply("second"),
  ], async () => {
    const api = createApi("old", () => {
      renewals++;
      return new Promise((resolve) => give = resolve);
    });
    const first = api.get("/a");
    const second = api.get("/b");
    await Promise.resolve();
    await new Promise((resolve) => setTimeout(resolve));
    give("new");
    assert.equal(await first, "first");
    late(refused());
    assert.equal(await second, "second");
  });
  assert.equal(renewals, 1);
});

Deno.test("without another key the refusal stands, and a second refusal too", async () => {
  await answering([refused, refused, refused], async () => {
    await assert.rejects(createApi("k").get("/a"), { status: 401, message: "Invalid API key" });
    const api = createApi("k", () => Promise.resolve("also bad"));
    await assert.rejects(api.get("/a"), { status: 401 });
  });
});

Deno.test("a stream tells its chunks, however they are cut, and ends at [DONE]", async () => {
  const pieces = ['data: {"n"', ':1}\n\ndata: {"n":2}\n', "\ndata: [DONE]\n\ndata: after\n\n"];
  /** @type {unknown[]} */
  const chunks = [];
  await answering([streamed(pieces)], async () => {
    await createApi("k").stream("/a", {}, { onChunk: (chunk) => chunks.push(chunk) });
  });
  assert.deepEqual(chunks, [{ n: 1 }, { n: 2 }]);
});

Deno.test("a character that is cut is whole again", async () => {
  const bytes = new TextEncoder().encode('data: "🎆"\n\ndata: [DONE]\n\n');
  const body = () =>
    new Response(
      new ReadableStream({
        start(controller) {
          for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
          controller.close();
        },
      }),
    );
  /** @type {unknown[]} */
  const chunks = [];
  await answering([body], async () => {
    await createApi("k").stream("/a", {}, { onChunk: (chunk) => chunks.push(chunk) });
  });
  assert.deepEqual(chunks, ["🎆"]);
});

Deno.test("a stream that ends too early is a lost connection", async () => {
  await answering(
    [streamed(['data: {"n":1}\n\n']), streamed([], new TypeError("reset"))],
    async () => {
      const api = createApi("k");
      await assert.rejects(api.stream("/a", {}, { onChunk() {} }), ConnectionLost);
      await assert.rejects(api.stream("/a", {}, { onChunk() {} }), ConnectionLost);
    },
  );
});

Deno.test("an error within a stream has the server's words", async () => {
  const pieces = [
    'data: {"n":1}\n\n',
    'data: {"error":{"message":"the engine died","code":"X"}}\n\n',
  ];
  await answering([streamed(pieces)], async () => {
    await assert.rejects(createApi("k").stream("/a", {}, { onChunk() {} }), {
      name: "ApiError",
      message: "the engine died",
      code: "X",
    });
  });
});

Deno.test("an abort is the signal's reason, and the server hears of it", async () => {
  let cancelled = false;
  const endless = () =>
    new Response(
      new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode("data: 1\n\n"));
        },
        cancel() {
          cancelled = true;
        },
      }),
    );
  const stop = new Error("enough");
  await answering([endless], async () => {
    await assert.rejects(
      createApi("k").stream("/a", {}, {
        onChunk() {
          throw stop;
        },
      }),
      stop,
    );
  });
  assert(cancelled);

  const controller = new AbortController();
  controller.abort(stop);
  await answering([() => Promise.reject(new DOMException("", "AbortError"))], async () => {
    const options = { signal: controller.signal, onChunk() {} };
    await assert.rejects(createApi("k").stream("/a", {}, options), stop);
  });
});
