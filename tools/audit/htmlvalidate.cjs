// What html-validate asks of the pages: all that it recommends, but for what says why here.
module.exports = {
  root: true,
  extends: ["html-validate:recommended", "html-validate:document"],
  rules: {
    // HTML reads both; lower case is what every page has, and compresses better.
    "doctype-style": ["error", { style: "lowercase" }],
    // The script is ours, from the same host; nothing comes from another (the CSP holds that).
    "require-sri": ["error", { target: "crossorigin" }],
    // ARIA lets a list be named: the two steps of the registration are.
    "aria-label-misuse": ["error", { allowAnyNamable: true }],
    // A button without a type sends its form, which is meant: static/portal.js tells them by it.
    "no-implicit-button-type": "off",
    // The sheet keeps telephone numbers on one line; mails and copying want ordinary spaces.
    "tel-non-breaking": "off",
    // « Erreur : » goes before a page's title and the office's name behind it.
    "long-title": ["error", { maxlength: 90 }],
    // The page of a mail in development shows its text as it is, the "-- " of its end too.
    "no-trailing-whitespace": "off",
  },
};
