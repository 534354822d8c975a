/**
 * The conversation styles that a new model can be given; a test compares them with the server's.
 * @module
 */

/**
 * `system`: it takes a system prompt; `template`: it needs a Jinja template.
 * @typedef {{ name: string, about: string, system: boolean, template: boolean }} StyleChoice
 */

/** @type {readonly StyleChoice[]} */
export const STYLES = [
  {
    name: "huggingface",
    about: "the file's own chat template",
    system: true,
    template: false,
  },
  { name: "chatml", about: "<|im_start|>user … <|im_end|>", system: true, template: false },
  { name: "llama-chat", about: "[INST] <<SYS>> … [/INST]", system: true, template: false },
  { name: "mistral-chat", about: "[INST] … [/INST]", system: true, template: false },
  { name: "vicuna", about: "USER: … ASSISTANT:", system: true, template: false },
  { name: "alpaca", about: "### Instruction: … ### Response:", system: false, template: false },
  { name: "llama-infill", about: "<PRE> … <SUF> … <MID>", system: false, template: false },
  { name: "passthrough", about: "one message, as it is", system: false, template: false },
  { name: "jinja", about: "a Jinja template of your own", system: true, template: true },
];
