/**
 * Our icons, as lines of a path in a square of 16 by 16; `icon` of dom.js draws them.
 * @module
 */

/** What each is drawn by. */
export const PATHS = Object.freeze({
  back: "M10 3 5 8l5 5",
  branch: "M4 2v12M4 9c6 0 8-1 8-5M10 6l2-2 2 2",
  check: "m3 8.5 3.5 3.5L13 4.5",
  chevron: "m4 6 4 4 4-4",
  close: "m4 4 8 8M12 4l-8 8",
  code: "m5 4-4 4 4 4M11 4l4 4-4 4",
  copy: "M5.5 5.5h8v8h-8zM2.5 10.5v-8h8",
  download: "M8 2v8M4.5 7 8 10.5 11.5 7M2.5 13.5h11",
  edit: "m3 13 .7-2.8 7-7a1.5 1.5 0 0 1 2.1 2.1l-7 7zM9.5 4.5l2 2",
  eye: "M1.5 8C4 4 12 4 14.5 8 12 12 4 12 1.5 8zM8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  forward: "m6 3 5 5-5 5",
  key: "M6.5 9.5a3.5 3.5 0 1 1 1-1l5.5 5.5M11 12l1.5-1.5M4 6h.01",
  menu: "M2 4h12M2 8h12M2 12h12",
  moon: "M13.5 9.5A6 6 0 1 1 6.5 2.5a5 5 0 0 0 7 7z",
  more: "M3 8h.01M8 8h.01M13 8h.01",
  play: "m5 3 8 5-8 5z",
  plus: "M8 3v10M3 8h10",
  redo: "M13 4v3.5H9.5M13 7.5A5.5 5.5 0 1 0 12 12",
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM10.5 10.5 14 14",
  send: "M8 13V3M3.5 7.5 8 3l4.5 4.5",
  share: "M8 10V2M5 4.5 8 2l3 2.5M4.5 7.5h-2v6h11v-6h-2",
  sidebar: "M2 3h12v10H2zM6 3v10",
  sliders: "M2 5h6M12 5h2M10 3v4M2 11h2M8 11h6M6 9v4",
  stop: "M4 4h8v8H4z",
  sun:
    "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M3 13l1-1M12 4l1-1",
  system: "M2 3h12v8H2zM6 14h4M8 11v3",
  trash: "M2.5 4.5h11M6 4.5V2.5h4v2M4 4.5l.7 9h6.6l.7-9M6.7 7v4M9.3 7v4",
  upload: "M8 10.5V2.5M4.5 6 8 2.5 11.5 6M2.5 13.5h11",
  user: "M8 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2.5 14c.5-5 10.5-5 11 0",
  warning: "M8 2 1.5 13.5h13zM8 6.5V10M8 12h.01",
});
