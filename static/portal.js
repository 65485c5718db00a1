(() => {
  const trouble = () => document.getElementById("trouble");
  const htmx = (name, act) => document.addEventListener(`htmx:${name}`, ({ detail }) => detail.ctx && act(detail.ctx));

  // A live check sends the field that it checks and its twin, never the rest of the form.
  const checked = (ctx) => ctx.sourceElement.dataset?.fields?.split(" ");
  htmx("config:request", (ctx) => {
    const fields = checked(ctx);
    if (!fields) return;
    for (const name of [...ctx.request.body.keys()])
      if (!fields.includes(name)) ctx.request.body.delete(name);
  });

  // A check, or the page asking by itself what became of a mail: nobody waits for it.
  const unasked = (ctx) => checked(ctx) || ctx.sourceElement.dataset?.state;

  htmx("before:request", (ctx) => {
    if (!unasked(ctx)) trouble().replaceChildren();
    busy(ctx, true);
  });
  htmx("finally:request", (ctx) => busy(ctx, false));

  // The button stays enabled: a disabled one would lose the focus. hx-sync drops a second press.
  function busy({ sourceElement, request }, on) {
    if (unasked({ sourceElement })) return;
    document.documentElement.classList.toggle("busy", on);
    say(on ? trouble().dataset.wait : "");
    if (sourceElement.tagName !== "FORM") return;
    const button = pressed(sourceElement, request);
    sourceElement.setAttribute("aria-busy", on);
    button.setAttribute("aria-disabled", on);
    button.dataset.label ??= button.textContent;
    button.textContent = on ? trouble().dataset.wait : button.dataset.label;
  }

  // Enter presses a hidden first button where a form has several: the last is the one meant.
  function pressed(form, { submitter }) {
    return submitter?.textContent ? submitter : [...form.querySelectorAll("button:not([type])")].pop();
  }

  const messageOf = (field) => document.getElementById(field.name + "-message");

  htmx("after:swap", (ctx) => {
    const field = ctx.sourceElement;
    if (!unasked(ctx)) failures = 0;
    if (checked(ctx)) {
      // A password is not called wrong while it is being typed.
      const wrong = ctx.response.status === 422;
      if (!wrong) field.removeAttribute("aria-invalid");
      else if (field !== document.activeElement) field.setAttribute("aria-invalid", true);
      const message = messageOf(field);
      // A form that is under way is what somebody waits for now.
      if (!document.documentElement.classList.contains("busy"))
        say(`${field.labels[0].textContent}. ${(message.querySelector(".said") ?? message).textContent}`);
    } else if (ctx.request.headers["HX-History-Restore-Request"]) {
      recall();
      document.querySelector("h1").focus({ preventScroll: true });
    }
  });

  // One live region for every check: a screen reader hears a sentence when it changes, not a list
  // at every key.
  function say(sentence) {
    const said = document.getElementById("said");
    if (said.textContent !== sentence) said.textContent = sentence;
  }

  // A live check that could not be made: what was said of an earlier text goes.
  function unsay(field) {
    field.removeAttribute("aria-invalid");
    for (const said of messageOf(field).querySelectorAll("p, .met")) {
      if (said.tagName === "P") said.remove();
      else said.replaceWith(Object.assign(document.createElement("li"), { textContent: said.textContent.slice(2) }));
    }
  }

  // What answers may be a proxy, an antivirus, a hotel's network: pages of ours have their title
  // first, and what nobody waits for is a message or nothing.
  function ours(ctx) {
    const { raw, status } = ctx.response;
    if (unasked(ctx)) return (raw.ok || status === 422) && /^\s*(<(p|ul|span)\b|$)/.test(ctx.text);
    if (ctx.hx.redirect || ctx.request.headers["HX-History-Restore-Request"]) return raw.ok;
    return (raw.ok || status === 422 || status === 429) && /^\s*<title/.test(ctx.text);
  }

  document.addEventListener("htmx:after:request", (event) => {
    if (ours(event.detail.ctx)) return;
    event.preventDefault();
    complain(event.detail.ctx, "failed");
  });

  // Without a request it was htmx itself that failed; while the event is under way nothing is sent.
  document.addEventListener("htmx:error", ({ target, detail: { ctx } }) => {
    if (ctx) complain(ctx, ctx.text === undefined ? "lost" : "failed");
    else if (target.matches("a, form")) setTimeout(plainly, 0, target, submitter);
  });

  // Say so, keep what was typed, offer to retry: the plain way where an answer came, and at once
  // where nothing comes for the second time, unless the browser knows that it is offline.
  let failures = 0;

  function complain(ctx, what) {
    const element = ctx.sourceElement;
    if (checked(ctx)) unsay(element);
    if (unasked(ctx)) return;
    if (++failures > 1 && navigator.onLine) return plainly(element, ctx.request.submitter);
    const sentence = document.createElement("p");
    sentence.textContent = trouble().dataset[what];
    const retry = document.createElement("button");
    retry.type = "button";
    retry.textContent = trouble().dataset.retry;
    retry.addEventListener("click", () => {
      // Before this button goes, so that the focus is not lost where it fails again.
      (element.tagName === "FORM" ? pressed(element, ctx.request) : element).focus();
      trouble().replaceChildren();
      (what === "lost" ? again : plainly)(element, ctx.request.submitter);
    });
    trouble().replaceChildren(sentence, retry);
  }

  function again(element, submitter) {
    if (element.tagName === "FORM") element.requestSubmit(submitter);
    else if (element.tagName === "A") element.click();
    else location.reload();
  }

  // As a browser without scripts does it: htmx, who listens at the element, hears nothing of it.
  function plainly(element, submitter) {
    const name = element.tagName === "FORM" ? "submit" : "click";
    addEventListener(name, (event) => event.stopImmediatePropagation(), { capture: true, once: true });
    again(element, submitter);
  }

  // An e-mail already typed survives a reload of step two, in this tab, for the same member only.
  // Where cookies are refused so is this, and nothing survives.
  let kept = {};
  try {
    kept = sessionStorage;
  } catch {}

  // What was typed on a page comes back with it, by Back and in the other language, as on a plain
  // page: never a password or a code, and in the section to the same member only.
  const saisie = () => JSON.parse(kept.saisie ?? "{}");
  function keep(all) {
    if (Object.keys(all).length) kept.saisie = JSON.stringify(all);
    else delete kept.saisie;
  }
  const pageOf = (form) => `${location.pathname} ${form.username?.value ?? ""}`;

  function recall() {
    const all = saisie();
    for (const form of document.forms)
      for (const [name, text] of Object.entries(all[pageOf(form)] ?? {}))
        if (form[name]?.value === "") form[name].value = text;
  }

  document.addEventListener("change", ({ target }) => {
    // The field that repeats this one was judged by what stood here before.
    const twin = document.querySelector(`[data-fields$=" ${target.name}"]`);
    if (twin?.value) twin.dispatchEvent(new Event("change"));
    if (target.name === "email" && target.form.hasAttribute("data-keep-email"))
      kept.courriel = whose(target) + target.value;
  });

  document.addEventListener("click", (event) => {
    const show = event.target.closest(".show");
    if (show) reveal(show, secretOf(show).type === "password");
    const link = event.target.closest(".summary [href^='#']");
    if (link) {
      event.preventDefault();
      document.querySelector(link.hash).focus();
    }
  });

  const secretOf = (button) => document.getElementById(button.getAttribute("aria-controls"));

  function reveal(button, on) {
    const word = button.firstChild;
    button.dataset.label ??= word.data;
    word.data = on ? trouble().dataset.hide : button.dataset.label;
    secretOf(button).type = on ? "text" : "password";
  }

  // Password managers look for a password field when a form is sent.
  let submitter;
  const sent = (event) => {
    submitter = event.submitter;
    for (const button of event.target.querySelectorAll(".show")) reveal(button, false);
    if (event.target.id === "language") kept.langue = location.pathname;
    if (event.target.action.endsWith("/deconnexion")) delete kept.saisie;
  };
  addEventListener("submit", sent, true);

  // A birth date's separators come once its century is typed, at the end of the field only; so
  // deleting, pasting, correcting in the middle and other ways to write a date are left alone.
  document.addEventListener("input", ({ target, inputType, isComposing }) => {
    if (target.getAttribute("autocomplete") !== "bday" || inputType !== "insertText" || isComposing) return;
    if (target.selectionStart === target.value.length)
      target.value = target.value.replace(/^([0-3]\d)([01]\d)(19|20)$/, "$1/$2/$3");
  });

  document.addEventListener("input", ({ target }) => {
    if (/off|one-time|password/.test(target.getAttribute("autocomplete") ?? "off")) return;
    const all = saisie();
    (all[pageOf(target.form)] ??= {})[target.name] = target.value;
    keep(all);
  });

  const whose = (email) => email.form.matricule.value + " ";
  const ready = () => {
    const email = document.querySelector("form[data-keep-email] #email");
    if (email && !email.value && kept.courriel?.startsWith(whose(email))) email.value = kept.courriel.slice(whose(email).length);
    const member = document.querySelector("[data-member], [name=username]");
    if (member) {
      delete kept.courriel;
      const [all, whose] = [saisie(), ` ${member.value || member.dataset.member}`];
      for (const page in all) if (!page.endsWith(whose)) delete all[page];
      keep(all);
    }
    // Apple's keychain reads this attribute, which HTML does not know. It takes one character of
    // each class: so three letters and three digits.
    for (const field of document.querySelectorAll("[data-passwordrules]"))
      field.setAttribute("passwordrules", field.dataset.passwordrules);
  };
  document.addEventListener("htmx:after:settle", ready);
  document.addEventListener("DOMContentLoaded", () => {
    ready();
    if (kept.langue === location.pathname) recall();
    delete kept.langue;
  });

  // « Afficher » has no use without this script, and is shown with it only.
  document.documentElement.classList.add("js");
  // Before Safari 16 htmx does not learn which button sent a form: forms and links are left plain.
  if (!HTMLFormElement.prototype.requestSubmit) document.body.removeAttribute("data-hx-boost");
  // Last: where this script broke on the way, or htmx would lack something, the page stays plain.
  // Where cookies are refused too: the plain way finds that out, and says so.
  if (window.fetch && window.AbortController && document.body.replaceChildren && navigator.cookieEnabled)
    document.body.removeAttribute("data-hx-ignore");
})();
