(() => {
  const trouble = () => document.getElementById("trouble");
  const form = (element) => element?.closest?.("form");

  // A live check sends the field that it checks and its twin, never the rest of the form.
  document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
    const fields = ctx.sourceElement.dataset.fields?.split(" ");
    if (!fields) return;
    for (const name of [...ctx.request.body.keys()])
      if (!fields.includes(name)) ctx.request.body.delete(name);
  });

  document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
    trouble().replaceChildren();
    busy(ctx, true);
  });
  document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => busy(ctx, false));

  function busy(ctx, on) {
    const element = ctx.sourceElement;
    if (element.tagName !== "FORM") return;
    element.toggleAttribute("aria-busy", on);
    if (on) element.setAttribute("aria-busy", "true");
    const button = ctx.request.submitter ?? element.querySelector("button:not(.plain)");
    if (!button) return;
    button.disabled = on;
    if (on) {
      button.dataset.label = button.textContent;
      button.textContent = trouble().dataset.wait;
    } else if (button.dataset.label) button.textContent = button.dataset.label;
  }

  document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    const field = ctx.sourceElement;
    if (field.dataset?.fields) {
      if (ctx.response.status === 422) field.setAttribute("aria-invalid", "true");
      else field.removeAttribute("aria-invalid");
    }
  });

  // A lost network or an answer that is no page: say so, keep what was typed, offer to retry.
  const lost = ({ detail: { ctx } }) => say(ctx, "lost");
  document.addEventListener("htmx:error", (event) => event.detail.ctx && lost(event));
  document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
    if (ctx.response.status !== 422 && ctx.response.status !== 429) say(ctx, "failed");
  });

  function say(ctx, what) {
    const element = ctx.sourceElement;
    if (element.dataset?.fields) return;
    const retry = document.createElement("button");
    retry.type = "button";
    retry.textContent = trouble().dataset.retry;
    retry.addEventListener("click", () => {
      trouble().replaceChildren();
      if (element.tagName === "FORM") element.requestSubmit();
      else if (element.tagName === "A") element.click();
      else location.reload();
    });
    const sentence = document.createElement("p");
    sentence.textContent = trouble().dataset[what];
    trouble().replaceChildren(sentence, retry);
  }

  // An e-mail already typed survives a reload of step two, in this tab only.
  const KEPT = "courriel";
  document.addEventListener("change", ({ target }) => {
    if (target.name === "email" && form(target)?.hasAttribute("data-keep-email"))
      sessionStorage.setItem(KEPT, target.value);
  });
  const restore = () => {
    const field = document.querySelector("form[data-keep-email] #email");
    if (field && !field.value) field.value = sessionStorage.getItem(KEPT) ?? "";
    if (document.querySelector("[data-member]")) sessionStorage.removeItem(KEPT);
  };
  document.addEventListener("htmx:after:settle", restore);
  document.addEventListener("DOMContentLoaded", restore);
})();
