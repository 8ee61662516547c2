"""The script of the HTML report. All content is there without it; it sorts, searches, filters and switches the theme.

It only ever sets text, never markup, and asks for nothing.
"""

from __future__ import annotations

# In the head: while the page loads, only the first rows of the long table are laid out.
EARLY = "document.documentElement.classList.add('loading');"

SCRIPT = """
(function () {
  'use strict';
  var root = document.documentElement;
  root.classList.remove('loading');
  function id(name) { return document.getElementById(name); }
  function make(tag, text, className) {
    var node = document.createElement(tag);
    if (text) node.textContent = text;
    if (className) node.className = className;
    return node;
  }

  var theme = id('theme'), dark = matchMedia('(prefers-color-scheme: dark)');
  function isDark() { return root.dataset.theme ? root.dataset.theme === 'dark' : dark.matches; }
  function nameTheme() { theme.textContent = isDark() ? 'Light' : 'Dark'; theme.setAttribute('aria-label', isDark() ? 'Light colours' : 'Dark colours'); }
  theme.addEventListener('click', function () { root.dataset.theme = isDark() ? 'light' : 'dark'; nameTheme(); });
  dark.addEventListener('change', nameTheme);
  theme.hidden = false;
  nameTheme();

  var table = id('judged');
  if (!table) return;
  var body = table.tBodies[0], byFile = table.dataset.where === 'file', step = 100, shown = step;
  var rows = Array.prototype.map.call(body.rows, function (row, index) {
    var cells = row.cells, last = cells[cells.length - 1], path = last.firstChild.textContent.replace(/:\\d+$/, '');
    var cut = path.lastIndexOf('/');
    return {
      row: row, index: index, text: row.textContent.toLowerCase(),
      state: cells[0].textContent, namespace: cells[2].textContent,
      kind: cells[1].querySelector('span').textContent,
      where: byFile ? path : cut > 0 ? path.slice(0, cut) : cut === 0 ? '/' : '.',
      rule: Array.prototype.map.call(cells[cells.length - 2].querySelectorAll('a'), function (link) { return link.textContent; })
    };
  });
  var matching = rows, order = null;
  var compare = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' }).compare;

  var search = id('search'), filters = {}, count = id('count'), none = id('none');
  ['state', 'namespace', 'kind', 'where', 'rule'].forEach(function (key) {
    var select = id('by-' + key), seen = new Map();
    rows.forEach(function (item) {
      [].concat(item[key]).forEach(function (value) { seen.set(value, (seen.get(value) || 0) + 1); });
    });
    Array.from(seen.keys()).sort(compare).forEach(function (value) {
      var option = make('option', value + ' (' + seen.get(value).toLocaleString('en') + ')');
      option.value = value;
      select.append(option);
    });
    select.parentNode.hidden = seen.size < 2 && key !== 'rule' || seen.size < 1;
    filters[key] = select;
    select.addEventListener('change', update);
  });
  id('tools').hidden = false;

  function wanted(item) {
    for (var key in filters) {
      var value = filters[key].value;
      if (value && (key === 'rule' ? item.rule.indexOf(value) < 0 : item[key] !== value)) return false;
    }
    return true;
  }
  function draw() {
    var visible = matching.slice(0, shown), left = matching.length - visible.length;
    body.replaceChildren.apply(body, visible.length < 5000 ? visible.map(function (item) { return item.row; }) : []);
    if (visible.length >= 5000) visible.forEach(function (item) { body.append(item.row); });
    count.textContent = (matching.length === rows.length ? 'All ' : matching.length.toLocaleString('en') + ' of ') +
      rows.length.toLocaleString('en') + ' containers' + (left ? ', the first ' + visible.length.toLocaleString('en') + ' shown' : '');
    id('more').hidden = !left;
    id('next').textContent = 'Show ' + Math.min(left, 500).toLocaleString('en') + ' more';
    none.hidden = matching.length > 0;
  }
  function arrange() {
    matching = rows.filter(function (item) { return item.match; });
    if (order) {
      var at = order.at, sign = order.sign;
      matching.forEach(function (item) { item.key = item.row.cells[at].textContent; });
      matching.sort(function (a, b) { return sign * (at ? compare(a.key, b.key) : a.index - b.index) || a.index - b.index; });
    }
  }
  function update() {
    var words = search.value.toLowerCase().split(/\\s+/).filter(Boolean), active = words.length > 0;
    rows.forEach(function (item) {
      item.match = wanted(item) && words.every(function (word) { return item.text.indexOf(word) >= 0; });
    });
    for (var key in filters) active = active || !!filters[key].value;
    id('reset').hidden = !active;
    shown = step;
    arrange();
    draw();
  }
  var timer = 0;
  search.addEventListener('input', function () { clearTimeout(timer); timer = setTimeout(update, rows.length > 2000 ? 120 : 0); });
  id('reset').addEventListener('click', function () {
    search.value = '';
    for (var key in filters) filters[key].value = '';
    update();
    search.focus();
  });
  id('next').addEventListener('click', function () { shown += 500; draw(); });
  id('all').addEventListener('click', function () { shown = rows.length; draw(); });

  var heads = [];
  Array.prototype.forEach.call(table.tHead.rows[0].cells, function (head, at) {
    var button = make('button', head.textContent, 'plain');
    button.type = 'button';
    head.replaceChildren(button);
    heads.push([head, button]);
    button.addEventListener('click', function () {
      var sign = order && order.at === at ? -order.sign : 1;
      Array.prototype.forEach.call(table.tHead.rows[0].cells, function (cell) { cell.removeAttribute('aria-sort'); });
      head.setAttribute('aria-sort', sign > 0 ? 'ascending' : 'descending');
      order = { at: at, sign: sign };
      arrange();
      draw();
    });
  });
  document.querySelectorAll('[data-filter]').forEach(function (head) {
    var select = filters[head.dataset.filter], value = head.dataset.value || head.textContent;
    var known = Array.prototype.some.call(select.options, function (option) { return option.value === value; });
    if (!known) return;
    var button = make('button', '', 'plain');
    button.type = 'button';
    button.append.apply(button, Array.from(head.childNodes));
    button.title = 'Show these containers';
    head.append(button);
    button.addEventListener('click', function () {
      search.value = '';
      for (var key in filters) filters[key].value = '';
      select.value = value;
      update();
      id('containers').scrollIntoView();
      search.focus({ preventScroll: true });
    });
  });
  // On paper there is no button to show more, and Chromium repeats heads without the buttons in them.
  var before = shown;
  addEventListener('beforeprint', function () {
    heads.forEach(function (pair) { pair[0].textContent = pair[1].textContent; });
    before = shown;
    shown = rows.length;
    draw();
  });
  addEventListener('afterprint', function () {
    heads.forEach(function (pair) { pair[0].replaceChildren(pair[1]); });
    shown = before;
    draw();
  });
  rows.forEach(function (item) { item.match = true; });
  update();
})();
"""
