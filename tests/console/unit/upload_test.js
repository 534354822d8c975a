import assert from "node:assert/strict";

import { arrived, put } from "../../../src/hanabi/console/static/api/upload.js";

/** @typedef {{ method: string, url: string, headers: Record<string, string>, body: Blob | null }} Sent */

/**
 * Runs a test with an XMLHttpRequest in place of the browser's.
 * @param {(request: any) => void} answer decides what happens after `send`
 * @param {(sent: Sent[]) => Promise<void>} test
 */
async function requesting(answer, test) {
  /** @type {Sent[]} */
  const sent = [];
  class Request {
    /** @type {Record<string, string>} */
    headers = {};
    method = "";
    url = "";
    status = 0;
    responseText = "";
    /** @type {Record<string, string>} */
    reply = {};
    upload = { onprogress: (/** @type {{ loaded: number }} */ _) => {} };
    onload = () => {};
    onerror = () => {};
    onabort = () => {};

    /** @param {string} method @param {string} url */
    open(method, url) {
      this.method = method;
      this.url = url;
    }

    /** @param {string} name @param {string} value */
    setRequestHeader(name, value) {
      this.headers[name] = value;
    }

    /** @param {string} name */
    getResponseHeader(name) {
      return this.reply[name] ?? null;
    }

    /** @param {Blob | null} body */
    send(body) {
      sent.push({ method: this.method, url: this.url, headers: this.headers, body });
      answer(this);
    }

    abort() {
      this.onabort();
    }
  }
  const before = Reflect.get(globalThis, "XMLHttpRequest");
  Reflect.set(globalThis, "XMLHttpRequest", Request);
  try {
    await test(sent);
  } finally {
    Reflect.set(globalThis, "XMLHttpRequest", before);
  }
}

/** @param {number} status @param {Record<string, string>} [reply] @param {unknown} [body] */
const replying = (status, reply = {}, body = {}) => (/** @type {any} */ request) => {
  Object.assign(request, { status, reply, responseText: JSON.stringify(body) });
  request.onload();
};

const FILE = new Blob(["0123456789"]);

Deno.test("a whole file goes without a range, the rest of one with its own", async () => {
  await requesting(replying(200), async (sent) => {
    await put("/u", FILE);
    await put("/u", FILE, { from: 4 });
    assert.deepEqual(sent.map(({ headers }) => headers), [{}, { "content-range": "bytes 4-9/10" }]);
    assert.equal(await sent[0]?.body?.text(), "0123456789");
    assert.equal(await sent[1]?.body?.text(), "456789");
  });
});

Deno.test("progress counts what had arrived before", async () => {
  /** @type {number[]} */
  const progress = [];
  const answer = (/** @type {any} */ request) => {
    request.upload.onprogress({ loaded: 2 });
    request.upload.onprogress({ loaded: 6 });
    replying(200)(request);
  };
  await requesting(answer, async () => {
    await put("/u", FILE, { from: 4, onProgress: (sent) => progress.push(sent) });
  });
  assert.deepEqual(progress, [6, 10]);
});

Deno.test("the server tells how much has arrived", async () => {
  for (
    const [status, range, expected] of /** @type {const} */ ([
      [200, "", 10],
      [308, "bytes=0-3", 4],
      [308, "", 0],
    ])
  ) {
    await requesting(replying(status, range ? { range } : {}), async (sent) => {
      assert.equal(await arrived("/u", 10), expected);
      assert.deepEqual(sent[0]?.headers, { "content-range": "bytes */10" });
      assert.equal(sent[0]?.body, null);
    });
  }
});

Deno.test("a refusal has the server's words", async () => {
  const refusal = replying(409, { "retry-after": "3" }, { code: 6, message: "in use" });
  await requesting(refusal, async () => {
    const expected = { name: "ApiError", status: 409, message: "in use", retryAfter: 3 };
    await assert.rejects(put("/u", FILE), expected);
    await assert.rejects(arrived("/u", 10), expected);
  });
});

Deno.test("a network that fails is a lost connection", async () => {
  await requesting((request) => request.onerror(), async () => {
    await assert.rejects(put("/u", FILE), { name: "ConnectionLost" });
  });
});

Deno.test("an abort rejects with its reason, before and while it is sent", async () => {
  const reason = new Error("cancelled");
  const controller = new AbortController();
  await requesting(() => controller.abort(reason), async (sent) => {
    await assert.rejects(put("/u", FILE, { signal: controller.signal }), reason);
    await assert.rejects(put("/u", FILE, { signal: controller.signal }), reason);
    assert.equal(sent.length, 1);
  });
});
