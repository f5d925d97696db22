// Sorts tables by a column and hides arms. The page says everything without it.
(function () {
  "use strict";
  var say = document.body.dataset;
  function make(name, text, parent) {
    var e = document.createElement(name);
    e.textContent = text;
    if (parent) parent.appendChild(e);
    return e;
  }
  function number(cell) {
    var m = cell.textContent.replace(/,/g, "").replace(/\u2212/g, "-").match(/[+-]?[0-9]+(\.[0-9]+)?/);
    return m ? parseFloat(m[0]) : null;
  }
  function compare(a, b) {
    var x = number(a), y = number(b);
    if (x === null || y === null) return a.textContent.localeCompare(b.textContent);
    return x - y;
  }
  document.querySelectorAll("table").forEach(function (table) {
    var groups = table.tBodies.length > 1, head = table.tHead;
    if (!head || head.rows.length !== 1) return;
    var rows = groups ? Array.from(table.tBodies) : Array.from(table.tBodies[0].rows);
    if (rows.length === 1) return;
    Array.from(head.rows[0].cells).forEach(function (th, at) {
      var b = document.createElement("button");
      b.className = "sort";
      b.title = say.sort;
      while (th.firstChild) b.appendChild(th.firstChild);
      th.appendChild(b);
      b.addEventListener("click", function () {
        var up = th.getAttribute("aria-sort") === "ascending";
        Array.from(head.rows[0].cells).forEach(function (o) { o.removeAttribute("aria-sort"); });
        th.setAttribute("aria-sort", up ? "descending" : "ascending");
        rows.slice().sort(function (a, b) {
          var d = compare((groups ? a.rows[0] : a).cells[at], (groups ? b.rows[0] : b).cells[at]);
          return up ? -d : d;
        }).forEach(function (r) { r.parentNode.appendChild(r); });
      });
    });
  });
  var place = document.getElementById("choice"), arms = [];
  document.querySelectorAll("table.headline tbody th").forEach(function (th) {
    if (arms.indexOf(th.dataset.arm) === -1) arms.push(th.dataset.arm);
  });
  if (!place || arms.length === 1) return;
  function show(arm, on) {
    document.querySelectorAll("table").forEach(function (table) {
      Array.from(table.querySelectorAll("tbody th")).forEach(function (th) {
        if ((th.dataset.arm || th.textContent) === arm) (th.scope === "rowgroup" ? th.closest("tbody") : th.parentNode).hidden = !on;
      });
      var head = table.tHead ? table.tHead.rows[0].cells : [];
      Array.from(head).forEach(function (th, at) {
        if (th.textContent === arm) Array.from(table.rows).forEach(function (row) {
          if (row.cells[at]) row.cells[at].hidden = !on;
        });
      });
    });
  }
  var set = make("fieldset", "", place);
  make("legend", say.arms, set);
  arms.forEach(function (arm) {
    var label = make("label", "", set), box = make("input", "", label);
    box.type = "checkbox";
    box.checked = true;
    make("span", arm, label);
    box.addEventListener("change", function () { show(arm, box.checked); });
  });
})();
