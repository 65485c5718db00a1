(() => {
  const trouble = () => document.getElementById("trouble");
  const htmx = (name, act) => document.addEventListener(`htmx:${name}`, ({ detail }) => detail.ctx && act(detail.ctx));

  // « Afficher » has no use without this script, and is shown with it only.
  document.documentElement.classList.add("js");
  // Before Safari 16 htmx does not learn which button sent a form: forms and links are left plain.
  if (!HTMLFormElement.prototype.requestSubmit) document.body.removeAttribute("data-hx-boost");

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

  htmx("after:swap", (ctx) => {
    const field = ctx.sourceElement;
    if (checked(ctx)) {
      // A password is not called wrong while it is being typed.
      const wrong = ctx.response.status === 422;
      if (!wrong) field.removeAttribute("aria-invalid");
      else if (field !== document.activeElement) field.setAttribute("aria-invalid", true);
      const message = document.getElementById(field.name + "-message");
      // A form that is under way is what somebody waits for now.
      if (!document.documentElement.classList.contains("busy"))
        say(`${field.labels[0].textContent}. ${(message.querySelector(".said") ?? message).textContent}`);
    } else if (ctx.request.headers["HX-History-Restore-Request"])
      document.querySelector("h1").focus({ preventScroll: true });
  });

  // One live region for every check: a screen reader hears a sentence when it changes, not a list
  // at every key.
  function say(sentence) {
    const said = document.getElementById("said");
    if (said.textContent !== sentence) said.textContent = sentence;
  }

  // A lost network or an answer that is no page: say so, keep what was typed, offer to retry.
  htmx("error", (ctx) => complain(ctx, "lost"));
  htmx("response:error", (ctx) => {
    if (ctx.response.status !== 422 && ctx.response.status !== 429) complain(ctx, "failed");
  });

  function complain(ctx, what) {
    const element = ctx.sourceElement;
    if (unasked(ctx)) return;
    const sentence = document.createElement("p");
    sentence.textContent = trouble().dataset[what];
    const retry = document.createElement("button");
    retry.type = "button";
    retry.textContent = trouble().dataset.retry;
    retry.addEventListener("click", () => {
      const again = element.tagName === "FORM" ? pressed(element, ctx.request) : element;
      // Before this button goes, so that the focus is not lost where it fails again.
      again.focus();
      trouble().replaceChildren();
      if (element.tagName === "FORM") element.requestSubmit(ctx.request.submitter);
      else if (element.tagName === "A") element.click();
      else location.reload();
    });
    trouble().replaceChildren(sentence, retry);
  }

  document.addEventListener("change", ({ target }) => {
    // The field that repeats this one was judged by what stood here before.
    const twin = document.querySelector(`[data-fields$=" ${target.name}"]`);
    if (twin?.value) twin.dispatchEvent(new Event("change"));
    if (target.name === "email" && target.form.hasAttribute("data-keep-email"))
      sessionStorage.setItem(KEPT, whose(target) + target.value);
  });

  document.addEventListener("click", (event) => {
    const show = event.target.closest(".show");
    if (show) reveal(show, show.getAttribute("aria-pressed") !== "true");
    const link = event.target.closest(".summary [href^='#']");
    if (link) {
      event.preventDefault();
      document.querySelector(link.hash).focus();
    }
  });

  function reveal(button, on) {
    button.setAttribute("aria-pressed", on);
    document.getElementById(button.getAttribute("aria-controls")).type = on ? "text" : "password";
  }

  // Password managers look for a password field when a form is sent.
  document.addEventListener("submit", ({ target }) => {
    for (const button of target.querySelectorAll("[aria-pressed=true]")) reveal(button, false);
  });

  // A birth date's separators come once its century is typed, at the end of the field only; so
  // deleting, pasting, correcting in the middle and other ways to write a date are left alone.
  document.addEventListener("input", ({ target, inputType, isComposing }) => {
    if (target.autocomplete !== "bday" || inputType !== "insertText" || isComposing) return;
    if (target.selectionStart === target.value.length)
      target.value = target.value.replace(/^([0-3]\d)([01]\d)(19|20)$/, "$1/$2/$3");
  });

  // An e-mail already typed survives a reload of step two, in this tab, for the same member only.
  const KEPT = "courriel";
  const whose = (email) => email.form.matricule.value + " ";
  const ready = () => {
    const email = document.querySelector("form[data-keep-email] #email");
    const kept = sessionStorage.getItem(KEPT);
    if (email && !email.value && kept?.startsWith(whose(email))) email.value = kept.slice(whose(email).length);
    if (document.querySelector("[data-member]")) sessionStorage.removeItem(KEPT);
    // Apple's keychain reads this attribute, which HTML does not know. It takes one character of
    // each class: so three letters and three digits.
    for (const field of document.querySelectorAll("[data-passwordrules]"))
      field.setAttribute("passwordrules", field.dataset.passwordrules);
  };
  document.addEventListener("htmx:after:settle", ready);
  document.addEventListener("DOMContentLoaded", ready);
})();
