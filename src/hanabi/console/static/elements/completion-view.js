/** Completion mode: a text, and the model that continues it. */

import { generate } from "../api/generate.js";
import { tokenize } from "../api/prompts.js";
import { h, icon } from "../dom.js";
import { knownTokens, startAfter, startInstead, written } from "../lib/completion-run.js";
import { COMPLETION_PATH, completionBody } from "../lib/request.js";
import "./choice-cards.js";
import { ControlTokens } from "./control-tokens.js";
import "./notice-bar.js";
import "./prompt-editor.js";
import "./reply-statistics.js";
import { segments } from "./segments.js";
import "./token-view.js";

/** @import { Alternative, Choice } from "../api/generate.js" */
/** @import { Console, ModelEntry } from "../console.js" */
/** @import { Run, Start } from "../lib/completion-run.js" */
/** @import { ExactPrompt } from "../lib/exact.js" */
/** @import { Body } from "../lib/request.js" */
/** @import { ChoiceCards } from "./choice-cards.js" */
/** @import { NoticeBar } from "./notice-bar.js" */
/** @import { PromptEditor } from "./prompt-editor.js" */
/** @import { ReplyStatistics } from "./reply-statistics.js" */
/** @import { TokenView } from "./token-view.js" */

/**
 * `<completion-view>`: properties `console`, `model` and `parameters`. Ctrl-Enter generates, Escape
 * stops.
 * @fires request with `detail`, the property `request`, whenever the request that would be sent
 *   changes
 */
export class CompletionView extends HTMLElement {
  /** @type {Console} */
  console = /** @type {any} */ (null);
  /** @type {ModelEntry} */
  #model = /** @type {any} */ (null);
  /** @type {() => Record<string, unknown>} */
  #parameters = () => ({});
  /** @type {Run|null} the last generation, or the one under way */
  #run = null;
  #runs = 0;
  /** @type {AbortController|null} */
  #abort = null;
  #frame = 0;

  #editor = /** @type {PromptEditor} */ (h("prompt-editor"));
  #tokens = /** @type {TokenView} */ (h("token-view", { interactive: true }));
  #tokenNote = h("p", { class: "hint" });
  #tokenPane = h(
    "div",
    { class: "completion-tokens", hidden: true },
    this.#tokenNote,
    this.#tokens,
  );
  #cards = /** @type {ChoiceCards} */ (h("choice-cards"));
  #figures = /** @type {ReplyStatistics} */ (h("reply-statistics"));
  #notice = /** @type {NoticeBar} */ (h("notice-bar"));
  #status = h("p", { class: "visually-hidden", role: "status" });
  #control = new ControlTokens();
  #views = segments("Show", [["text", "Text"], ["tokens", "Tokens"]], "text");
  #generate = button("Generate", "play", "primary", () => this.#continue());
  #stop = button("Stop", "stop", "", () => this.stop());
  #again = button("Regenerate", "redo", "quiet", () => this.#regenerate());
  #undo = button("Undo generation", "redo", "quiet mirrored", () => this.#takeBack());

  connectedCallback() {
    if (this.firstChild) return;
    this.#generate.title = "Ctrl+Enter";
    this.#stop.title = "Esc";
    this.append(
      h(
        "div",
        { class: "completion-bar" },
        this.#generate,
        this.#stop,
        this.#again,
        this.#undo,
        h("span", { class: "push" }),
        this.#views,
      ),
      this.#control,
      this.#notice,
      h("div", { class: "completion-frame" }, this.#editor, this.#tokenPane),
      this.#cards,
      h("div", { class: "completion-figures" }, this.#figures),
      this.#status,
    );
    this.#editor.addEventListener("input", () => this.#changed());
    this.#control.addEventListener("change", () => this.#tell());
    this.#views.addEventListener("change", () => this.#show());
    this.#cards.addEventListener("choose", (event) => {
      this.#choose(/** @type {CustomEvent<number>} */ (event).detail);
    });
    this.#tokens.addEventListener("alternative", (event) => {
      const { index, token } = /** @type {CustomEvent} */ (event).detail;
      this.#branch(index, token);
    });
    this.addEventListener("keydown", (event) => this.#key(event));
    this.#changed();
    this.#show();
  }

  /** Leaving ends the generation; its text is kept. */
  disconnectedCallback() {
    const run = this.#run;
    if (!this.#abort || !run) return;
    this.#abort.abort();
    for (const choice of run.choices) choice.finishReason ??= "cancelled";
    this.#end(run);
  }

  get model() {
    return this.#model;
  }

  set model(model) {
    this.#model = model;
    this.#control.api = this.console.api;
    this.#control.useModel(model);
    this.#control.look(this.text);
    this.#tell();
  }

  get parameters() {
    return this.#parameters;
  }

  set parameters(parameters) {
    this.#parameters = parameters;
    this.#tell();
  }

  /** Prompt and generated text. */
  get text() {
    return this.#editor.text;
  }

  /** Whether text is coming. */
  get running() {
    return this.#abort !== null;
  }

  /** The request that would be sent now; null while the ids of its prompt are asked for.
   * @returns {{ path: string, body: Body } | null}
   */
  get request() {
    const { text } = this;
    if (this.#control.isUnknown(text)) return null;
    return this.#request(this.#control.known(text) ?? text);
  }

  /** Starts over with a prompt.
   * @param {string|ExactPrompt} prompt an exact prompt is sent as it is, by its token ids; when it
   *   is edited, the names of its control tokens still stand for these
   */
  setPrompt(prompt) {
    this.stop();
    this.#run = null;
    this.#cards.reset(0);
    this.#figures.choice = null;
    this.#notice.clear();
    if (typeof prompt !== "string") this.#control.take(prompt);
    this.#editor.reset(typeof prompt === "string" ? prompt : prompt.text);
    this.#changed();
    this.#show();
  }

  /** Ends the generation; its text is kept. */
  stop() {
    this.#abort?.abort();
  }

  async #continue() {
    const text = this.text;
    if (this.running || text === "") return;
    try {
      const prompt = await this.#control.prompt(text);
      await this.#start(startAfter(++this.#runs, text, prompt));
    } catch (error) {
      this.#notice.showError(error, () => this.#continue());
    }
  }

  async #regenerate() {
    const run = this.#run;
    if (this.running || run === null) return;
    await this.#start({ ...run, number: ++this.#runs });
  }

  #takeBack() {
    if (this.#run) this.#editor.removeRun(this.#run.number);
  }

  /** @param {number} index @param {Alternative} token */
  async #branch(index, token) {
    const run = this.#run;
    if (this.running || run === null) return;
    try {
      const ids = typeof run.prompt === "string"
        ? await tokenize(this.console.api, this.#model.id, run.prompt)
        : run.prompt;
      await this.#start(startInstead(++this.#runs, run, ids, index, token));
    } catch (error) {
      this.#notice.showError(error, () => this.#branch(index, token));
    }
  }

  /** @param {Start} start */
  async #start(start) {
    const { path, body } = this.#request(start.prompt);
    /** @type {Run} */
    const run = { ...start, choices: [], chosen: 0 };
    const abort = new AbortController();
    this.#run = run;
    this.#abort = abort;
    this.#notice.clear();
    this.#figures.choice = null;
    this.#show();
    const { text, marks } = written(run, this.#editor.marks);
    if (text !== this.text) this.#editor.edit(text, marks);
    this.#cards.reset(Number(body.n ?? 1));
    this.#editor.startStream();
    this.#status.textContent = "Generating.";
    try {
      run.choices = await generate(this.console.api, path, body, {
        signal: abort.signal,
        onUpdate: (choices) => this.#grow(run, choices),
      });
      if (this.#abort === abort) this.#end(run);
    } catch (error) {
      if (this.#abort !== abort) return;
      run.choices = /** @type {{ choices?: Choice[] }} */ (error).choices ?? [];
      this.#end(run);
      this.#status.textContent = "";
      this.#notice.showError(error, () => this.#regenerate());
    }
  }

  /** @param {Run} run @param {Choice[]} choices */
  #grow(run, choices) {
    run.choices = choices;
    this.#frame ||= requestAnimationFrame(() => this.#draw(choices));
  }

  /** @param {Choice[]} choices */
  #draw(choices) {
    this.#frame = 0;
    const { text = "", echoed = 0 } = choices[0] ?? {};
    this.#editor.stream(text.slice(echoed));
    this.#cards.show(choices);
  }

  /** @param {Run} run */
  #end(run) {
    cancelAnimationFrame(this.#frame);
    this.#draw(run.choices);
    this.#abort = null;
    this.#editor.endStream();
    const { text, marks } = written(run, this.#editor.marks);
    this.#editor.edit(text, marks);
    this.#cards.finish(run.chosen);
    this.#figures.choice = run.choices[run.chosen] ?? null;
    const { finishReason = null } = run.choices[run.chosen] ?? {};
    this.#status.textContent = finishReason === "cancelled" ? "Stopped." : "Finished.";
    this.#show();
  }

  /** Takes another choice into the editor. @param {number} chosen */
  #choose(chosen) {
    const run = this.#run;
    if (run === null || this.running) return;
    run.chosen = chosen;
    const { text, marks } = written(run, this.#editor.marks);
    this.#editor.edit(text, marks);
    this.#cards.finish(chosen);
    this.#figures.choice = run.choices[chosen] ?? null;
    this.#show();
  }

  /** Shows text or tokens; while text is coming, always that. */
  #show() {
    const wanted = /** @type {HTMLInputElement} */ (this.#views.querySelector(":checked")).value;
    const shows = wanted === "tokens" && !this.running;
    this.#editor.hidden = shows;
    this.#tokenPane.hidden = !shows;
    if (shows) this.#showTokens();
    this.#changed();
  }

  #showTokens() {
    const run = this.#run;
    const { lead, trail } = run ? knownTokens(run) : startAfter(0, this.text, "");
    this.#tokenNote.textContent = this.#noteOnTokens(trail.tokens.length > 0);
    this.#tokenNote.hidden = this.#tokenNote.textContent === "";
    this.#tokens.special = this.#control.ids;
    this.#tokens.lead = lead;
    this.#tokens.tokens = trail.tokens;
  }

  /** @param {boolean} any whether there are tokens */
  #noteOnTokens(any) {
    const run = this.#run;
    if (run === null) {
      return "Generate to see the tokens of the reply, Echo on for the prompt's too.";
    }
    if (!any) return "No probabilities were recorded: switch on Record probabilities.";
    const { text } = written(run, []);
    return text === this.text ? "" : "The text was edited since these tokens were generated.";
  }

  #changed() {
    const { running } = this;
    const focused = [this.#generate, this.#stop].some((each) => each === document.activeElement);
    this.#generate.hidden = running;
    this.#generate.disabled = this.text === "";
    this.#stop.hidden = !running;
    if (focused) (running ? this.#stop : this.#generate).focus();
    this.#again.disabled = running || this.#run === null;
    this.#undo.disabled = running ||
      !this.#editor.marks.some(({ run }) => run === this.#run?.number);
    this.#control.look(this.text);
    this.#tell();
  }

  #tell() {
    if (this.#model === null) return;
    this.dispatchEvent(new CustomEvent("request", { detail: this.request }));
  }

  /** @param {string|number[]} prompt */
  #request(prompt) {
    const { id } = this.#model;
    const body = completionBody({ model: id, prompt, parameters: this.#parameters() });
    return { path: COMPLETION_PATH, body };
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.#continue();
    else if (event.key === "Escape" && this.running) this.stop();
    else return;
    event.preventDefault();
  }
}

/** @param {string} label @param {Parameters<typeof icon>[0]} mark @param {string} kind
 * @param {() => void} click
 */
function button(label, mark, kind, click) {
  const properties = { type: "button", class: kind, title: label, on: { click } };
  return h("button", properties, icon(mark), h("span", null, label));
}

customElements.define("completion-view", CompletionView);
