// Builds static/htmx.min.js (`make htmx`): the published htmx without what the portal does not use.
//
// Each cut below takes away where a feature is entered; the private methods that nothing reaches any
// more then go by themselves. A cut that no longer finds its place in a newer htmx stops the build.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { parse } from "acorn";
import { minify } from "terser";

const require = createRequire(import.meta.url);
const { version } = JSON.parse(readFileSync(require.resolve("htmx.org/package.json"), "utf8"));

// What is taken out begins with the first string, ends before the second, and becomes the third.
const CUTS = {
  "scripts in attributes: the pages' policy forbids to evaluate them": [
    ["let hxOnNodes = [root];", "for (let elt of this.#queryEltAndDescendants(root, this.#actionSelector))", ""],
    ["this.#hxOnQuery = ", "this.#internalAPI = ", ""],
    ["let javascriptContent = this.#extractJavascriptContent(ctx.request.action);", "if (usesQueryParams) {\n                let url", ""],
    ["let javascriptContent = this.#extractJavascriptContent(hxAttr);", "callback(HCON.parse(hxAttr));", ""],
    ["callback(HCON.parse(hxAttr));\n            }", "\n        }\n\n        #stringHyper", "callback(HCON.parse(hxAttr));"],
    ["let js = this.#extractJavascriptContent(ctx.confirm);", "}\n                    });\n                    if (!confirmed)", "resolve(window.confirm(ctx.confirm));\n"],
    ["if (filter) {", "// a new trigger replaces", ""],
    ["let [eventName, filter] = this.#extractFilter(spec.name);", "\n", "let eventName = spec.name;"],
  ],
  extensions: [
    ["this.#internalAPI = {", "let init = () =>", ""],
    ["this.#approvedExt = this.config.extensions;", "\n", ""],
    ["extensions: '',", "\n", ""],
    ["registerExtension(name, extension) {", "#ignore(elt) {", ""],
    ["if (!eltCollector && val && allowInheritance) {", "return val;\n            }\n            return defaultVal", ""],
    ["this.#triggerExtensions(on, eventName, detail);", "return this.trigger(on", ""],
    ["let methods = this.#extMethods.get('handle_swap')", "}\n            } finally {\n                this.#removeClass(target, \"htmx-swapping\")", "throw new Error(`Unknown swap style: ${swapStyle}`);\n"],
    ["if (!this.#triggerExtensions(destination, 'htmx:before:morph:attr', { attrName: attr.name, newValue: attr.value })) continue;", "\n", ""],
    ["if (!this.#triggerExtensions(destination, 'htmx:before:morph:attr', { attrName: attr.name, newValue: null })) continue;", "\n", ""],
    ["await ctx.extensionPromise?.catch(() => {});", "\n", ""],
  ],
  morphing: [
    ["} else if (swapStyle === 'innerMorph') {", "} else if (swapStyle === 'beforebegin')", ""],
    ["morphSkip: ", "noSwap: [204, 304],", ""],
  ],
  "out-of-band swaps and partials": [
    ["let tasks = [];\n\n                // Process OOB", "// Process main swap", "let tasks = [];\n"],
    ["let mainSwap = this.#processMainSwap(ctx, fragment, hasPartials);", "\n", "let mainSwap = this.#processMainSwap(ctx, fragment);"],
    ["#processMainSwap(ctx, fragment, hasPartials)", " {", "#processMainSwap(ctx, fragment)"],
    ["(swapSpec.swapEmpty ?? !hasPartials)", "\n", "(swapSpec.swapEmpty ?? true)"],
    ["// Convert <hx-*> tags", "let title = '';", "let response = text;"],
    ["allowEmptySwapAfterOOB: false", "\n", ""],
  ],
  "view transitions": [
    ["let transitionTasks = [];", "await Promise.all(swapPromises);", "for (let task of tasks) swapPromises.push(this.#insertContent(task));\n"],
  ],
  "the indicators' own style, preserved elements": [
    ["this.#initRequestIndicatorCss();", "\n", ""],
    ["let pantry = this.#handlePreservedElements(fragment);", "\n", ""],
    ["this.#restorePreservedElements(pantry);", "\n", ""],
  ],
  "what a browser of 2020 lacks, or does otherwise": [
    // Complex :not(): Chromium 88. The fragments' own title comes first.
    ["querySelector('title:not(svg title)')", ";", "querySelector('title')"],
    // AbortSignal.reason: Chromium 98, Safari 15.4. Without it what took too long fell silent.
    ["() => ctx.request?.abort?.('timeout')", ", timeout", "() => { ctx.late = true; ctx.request?.abort?.('timeout'); }"],
    ["ctx.request.signal.reason === 'timeout'", ")", "ctx.late"],
    // Chromium 102 to 104 have a navigation that cannot be intercepted: Back did nothing.
    ["window.navigation && ", "!/firefox/i", "window.NavigateEvent?.prototype.intercept && "],
  ],
  "triggers on sight, at intervals, throttled; what is awaited before a request": [
    ["// Intersect/revealed: set up observer", "// Load: fire immediately", ""],
    ["} else if (spec.throttle) {", "// Guarded: pre-timing checks", "}\n"],
    ["if (spec.throttleTimeout)", "spec.observer", ""],
    ["spec.observer?.disconnect()", "\n", ""],
    ["if (spec.interval) ", "if (spec.timeout)", ""],
    ["// Handle confirmation", "// initialize timeout", ""],
  ],
  "answers that lead elsewhere without the server's redirect, or start events": [
    ["if (ctx.hx.location) { // HX-Location", "}\n\n        #initTimeout", ""],
    ["if (ctx.hx?.trigger) { // HX-Trigger", "this.#trigger(elt, \"htmx:finally:request\"", ""],
  ],
  "values, fields and looks from attributes that no page has": [
    ["let valsResult = ", "// Handle dynamic headers", ""],
    ["let hxInclude = ", "return formData", ""],
    ["this.#showIndicators(ctx);", "\n", ""],
    ["this.#disableElements(ctx);", "\n", ""],
    ["if (!ctx.keepIndicators) {", "requestQueue.continue", ""],
    ["ctx.keepIndicators = true;", "\n", ""],
    ["let hxConfig = ", "return ctx;\n        }\n\n        #buildIdentifier", ""],
    ["settleTasks = cssTransition && settleDelay", "\n", ""],
    ["onLoad(callback) {", "find(selectorOrElt", ""],
    ["findAll(selectorOrElt, selector) {", "parseInterval(str)", ""],
    ["this.#processScripts(fragment);", "\n", ""],
  ],
};

function cut(source, [from, to, instead]) {
  const begin = source.indexOf(from);
  const end = source.indexOf(to, begin + from.length);
  if (begin < 0 || end < 0 || source.indexOf(from, begin + 1) >= 0)
    throw new Error(`htmx ${version} has not exactly one place for: ${from}`);
  return source.slice(0, begin) + instead + source.slice(end);
}

function* nodes(node) {
  if (typeof node?.type !== "string") return;
  yield node;
  for (const value of Object.values(node))
    for (const child of [value].flat()) yield* nodes(child);
}

// A class body without the private members that no public one reaches.
function swept(source) {
  const tree = parse(source, { ecmaVersion: 2023 });
  const bodies = [...nodes(tree)].filter((node) => node.type === "ClassBody");
  const members = bodies.sort((a, b) => a.body.length - b.body.length).pop().body;
  const named = (member) => member.key?.type === "PrivateIdentifier" && member.key.name;
  const reached = new Set();
  const waiting = members.filter((member) => !named(member));
  while (waiting.length) {
    const { key, start, end } = waiting.pop();
    for (const [, name] of source.slice(key?.end ?? start, end).matchAll(/#(\w+)/g)) {
      if (reached.has(name)) continue;
      reached.add(name);
      waiting.push(...members.filter((member) => named(member) === name));
    }
  }
  const gone = members.filter((member) => named(member) && !reached.has(named(member)));
  return gone.reduceRight((text, { start, end }) => text.slice(0, start) + text.slice(end), source);
}

const published = readFileSync(require.resolve("htmx.org/dist/htmx.js"), "utf8");
const source = swept(Object.values(CUTS).flat().reduce(cut, published));
const { code } = await minify(source, { ecma: 2022, compress: { passes: 3, ecma: 2022 } });
const head = `/* htmx ${version} (0BSD), without what the portal does not use: tools/htmx/build.mjs */\n`;
writeFileSync(process.argv[2], head + code + "\n");
