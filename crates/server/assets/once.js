// A page that returns from the browser's history shows an old state and carries a used key. It is loaded again, unless
// something was typed into it: then the server compares the state, and asks again where it has changed.
"use strict";

const typed = (control) => {
  if (control.type === "hidden") return false;
  if (control.type === "checkbox" || control.type === "radio") return control.checked !== control.defaultChecked;
  if (control.tagName === "SELECT") {
    const first = [...control.options].some((option) => option.defaultSelected);
    return [...control.options].some((option, at) => option.selected !== (first ? option.defaultSelected : at === 0));
  }
  return "defaultValue" in control && control.value !== control.defaultValue;
};

addEventListener("pageshow", (event) => {
  if (!event.persisted || !document.querySelector("input[name=once]")) return;
  const controls = document.querySelectorAll("form[method=post] :is(input, select, textarea)");
  if (![...controls].some(typed)) location.reload();
});
