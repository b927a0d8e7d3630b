
(function () {
  "use strict";
  var root = document.documentElement;
  var live = document.getElementById("live");
  var form = document.getElementById("filters");
  var findings = all(".finding");
  root.classList.add("js");

  function all(selector) {
    return Array.prototype.slice.call(document.querySelectorAll(selector));
  }

  function say(text) {
    live.textContent = text;
  }

  /* Filters */
  var RANK = { critical: 0, high: 1, medium: 2, low: 3 };

  function shownStates() {
    return all("#filters input[name=state]:checked").map(function (box) { return box.value; });
  }

  function filter() {
    var states = shownStates(), severity = form.elements.severity.value;
    var text = form.elements.text.value.toLowerCase(), shown = 0;
    findings.forEach(function (finding) {
      var data = finding.dataset;
      var fits = states.indexOf(data.state) >= 0 &&
        (!severity || RANK[data.severity] <= RANK[severity]) &&
        (!text || finding.textContent.toLowerCase().indexOf(text) >= 0);
      finding.hidden = !fits;
      shown += fits ? 1 : 0;
    });
    document.getElementById("shown").textContent = "Showing " + shown + " of " + findings.length;
  }

  function showOnly(state) {
    form.reset();
    all("#filters input[name=state]").forEach(function (box) { box.checked = box.value === state; });
    filter();
  }

  if (form) {
    form.addEventListener("input", filter);
    form.addEventListener("reset", function () { setTimeout(filter); });
    form.addEventListener("submit", function (event) { event.preventDefault(); });
    all('.tiles a[href="#findings"]').forEach(function (tile) {
      tile.addEventListener("click", function () { showOnly(tile.dataset.filter); });
    });
    filter();
  }

  /* A deep link opens what it leads to, whatever the filter */
  function reveal() {
    var id = decodeURIComponent(location.hash.slice(1));
    var target = id && document.getElementById(id);
    if (!target) { return; }
    for (var parent = target; parent; parent = parent.parentElement) {
      if (parent.tagName === "DETAILS") { parent.open = true; }
    }
    var finding = target.closest(".finding");
    if (!finding) { return; }
    finding.hidden = false;
    (target.tagName === "TR" ? target : finding).scrollIntoView();
    finding.querySelector("summary").focus({ preventScroll: true });
  }
  addEventListener("hashchange", reveal);

  /* Copy */
  function copy(button, text) {
    function done() {
      var label = button.textContent;
      button.textContent = "Copied";
      say("Copied to clipboard");
      setTimeout(function () { button.textContent = label; }, 1600);
    }
    function byHand() {
      var area = document.createElement("textarea");
      area.value = text;
      area.className = "hidden-text";
      document.body.appendChild(area);
      area.select();
      var copied = document.execCommand("copy");
      area.remove();
      if (copied) { done(); } else { say("Copy failed: select the text and press Ctrl+C"); }
    }
    if (navigator.clipboard && isSecureContext) {
      navigator.clipboard.writeText(text).then(done, byHand);
    } else {
      byHand();
    }
  }
  document.addEventListener("click", function (event) {
    var button = event.target.closest("button[data-copy]");
    if (!button) { return; }
    var link = location.href.split("#")[0] + "#" + button.dataset.id;
    copy(button, button.dataset.copy === "link" ? link : button.parentElement.querySelector("pre").textContent);
  });

  /* Expand all */
  var expand = document.getElementById("expand");
  if (expand) { expand.addEventListener("click", toggleAll); }

  function toggleAll() {
    var open = expand.getAttribute("aria-pressed") !== "true";
    findings.forEach(function (finding) { finding.open = open; });
    expand.setAttribute("aria-pressed", open);
    expand.textContent = open ? "Collapse all" : "Expand all";
  }

  /* Print with everything open, then fold again */
  var folded = [];
  addEventListener("beforeprint", function () {
    folded = all("details:not([open])");
    folded.forEach(function (fold) { fold.open = true; });
  });
  addEventListener("afterprint", function () {
    folded.forEach(function (fold) { fold.open = false; });
  });
  document.getElementById("print").addEventListener("click", function () { print(); });

  reveal();
})();
