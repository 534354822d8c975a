import assert from "node:assert/strict";

import { FormatError } from "../../../src/hanabi/console/static/lib/conversation-file.js";
import { newConversation } from "../../../src/hanabi/console/static/lib/conversation.js";
import { readShareCode, shareCode } from "../../../src/hanabi/console/static/lib/share.js";

/** @import { Turn } from "../../../src/hanabi/console/static/lib/conversation.js" */

const CONVERSATION = {
  ...newConversation({ model: "accounts/a/models/m", mode: "chat" }),
  title: "T",
  system: "You are a pirate. 花火",
  turns: [/** @type {Turn} */ ({ role: "user", content: "Why? <b>&\u{1F600}" })],
  prompt: "p",
  parameters: { temperature: 0.5 },
};

/** The code of any bytes. @param {string} text */
async function codeOf(text) {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  return `1.${bytes.toBase64({ alphabet: "base64url", omitPadding: true })}`;
}

/** @param {string} code @param {RegExp} message */
async function assertRefused(code, message) {
  await assert.rejects(readShareCode(code), (error) => {
    assert.ok(error instanceof FormatError, String(error));
    assert.match(error.message, message);
    return true;
  });
}

Deno.test("a link carries a conversation, in characters that need no escape", async () => {
  const code = await shareCode({ ...CONVERSATION, updated: 5 });
  assert.match(code, /^1\.[\w-]+$/);
  const { id, ...others } = await readShareCode(code);
  const { id: given, ...expected } = CONVERSATION;
  assert.notEqual(id, given);
  assert.deepEqual(others, expected);
});

Deno.test("what does not fit into a link is refused with both numbers", async () => {
  const noise = crypto.getRandomValues(new Uint8Array(60_000)).toHex();
  await assert.rejects(
    shareCode({ ...CONVERSATION, prompt: noise }),
    /too long for a link: it would have \d+ characters, and 32000 are the most; export/,
  );
});

Deno.test("a cut link is damaged, unless all that it carries is left", async () => {
  const code = await shareCode(CONVERSATION);
  const { id: _, ...whole } = await readShareCode(code);
  let refused = 0;
  for (let length = 2; length < code.length; length += 1) {
    try {
      const { id: _, ...read } = await readShareCode(code.slice(0, length));
      assert.deepEqual(read, whole);
    } catch (error) {
      assert.match(/** @type {Error} */ (error).message, /damaged/);
      refused += 1;
    }
  }
  assert.ok(refused >= code.length - 6, `${refused} of ${code.length}`);
});

Deno.test("what is no link of ours is refused", async () => {
  for (const code of ["", "x", "1", "1.", "1.*", "1.AAAA", ".", "1.a.b", await codeOf("{")]) {
    await assertRefused(code, /The link is damaged: was it copied as a whole\?/);
  }
  await assertRefused("2.AAAA", /version 2; this console reads 1/);
  await assertRefused(await codeOf("[]"), /^link: must be an object/);
  await assertRefused(await codeOf('{"model": 1}'), /^link\.model: must be a text/);
  await assertRefused(`1.${"A".repeat(40_000)}`, /has 40002 characters; at most 32000/);
});

Deno.test("a link that unfolds to very much is refused before it has", async () => {
  await assertRefused(
    await codeOf(JSON.stringify({ model: "a".repeat(8 * 1024 * 1024) })),
    /unfolds to more than 4194304 bytes/,
  );
});
