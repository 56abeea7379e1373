// Looks at a page as it is now. Each function returns what is wrong, in words.
(function () {
  'use strict';

  function name(el) {
    return el.tagName.toLowerCase() + (el.id ? '#' + el.id : '') + (el.className && el.className.baseVal === undefined ? '.' + el.className.trim().replace(/ +/g, '.') : '');
  }

  // What somebody can see: laid out, not hidden, and not parked outside the page
  // or clipped away for screen readers.
  function seen(el) {
    if (!el.checkVisibility({ checkVisibilityCSS: true, checkOpacity: true })) { return false; }
    for (var up = el; up; up = up.parentElement) {
      if (getComputedStyle(up).clipPath === 'inset(50%)') { return false; }
    }
    var box = el.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && box.right > 0;
  }

  function ownText(el) {
    var text = '';
    el.childNodes.forEach(function (n) { if (n.nodeType === 3) { text += n.nodeValue; } });
    return text.trim();
  }

  function all(selector) { return Array.from(document.querySelectorAll(selector)).filter(seen); }

  // Nothing may stick out to the right. What scrolls inside a box of its own may.
  function overflow(width) {
    var wrong = [], root = document.documentElement;
    if (root.scrollWidth > width) { wrong.push('the page is ' + root.scrollWidth + ' px wide, the screen ' + width); }
    all('body *').forEach(function (el) {
      var right = el.getBoundingClientRect().right;
      if (right > width + 1 && !el.closest('.scroll')) { wrong.push(name(el) + ' ends at ' + Math.round(right) + ' px, the screen at ' + width); }
    });
    return wrong;
  }

  // One h1, first, and no level left out.
  function headings() {
    var wrong = [], levels = all('h1, h2, h3, h4, h5, h6').map(function (h) { return +h.tagName[1]; });
    if (levels.filter(function (n) { return n === 1; }).length !== 1 || levels[0] !== 1) { wrong.push('headings begin without one h1: ' + levels); }
    levels.forEach(function (n, i) {
      if (i && n > levels[i - 1] + 1) { wrong.push('an h' + n + ' follows an h' + levels[i - 1]); }
    });
    all('h1, h2, h3, h4, h5, h6').forEach(function (h) { if (!h.innerText.trim()) { wrong.push('an empty ' + name(h)); } });
    return wrong;
  }

  function han(text) { return /\p{Script=Han}/u.test(text); }

  // The page says its language, and what is in another says so too. names are
  // proper names, which need not.
  function languages(lang, names) {
    var wrong = [], root = document.documentElement;
    if (root.lang !== lang) { wrong.push('html has lang ' + root.lang + ', want ' + lang); }
    var title = document.title;
    names.forEach(function (n) { title = title.replaceAll(n, ''); });
    if (lang.startsWith('zh') ? !han(document.title) : han(title)) { wrong.push('the title is in another language: ' + document.title); }
    all('body *').forEach(function (el) {
      var text = ownText(el), said = el.closest('[lang]').lang;
      names.forEach(function (n) { text = text.replaceAll(n, ''); });
      if (han(text) && !said.startsWith('zh')) { wrong.push('Chinese inside lang ' + said + ': ' + text); }
    });
    // What the pages say themselves must be in their language.
    all('h1, h2, h3, legend, label, button, th, dt, nav a, .hint, .lead, figcaption, footer').forEach(function (el) {
      var text = el.innerText.trim(), other = Array.from(el.querySelectorAll('[lang], q')).concat(el.hasAttribute('lang') ? [el] : []);
      if (other.some(function (o) { return o.checkVisibility() && !(o.lang || '').startsWith(lang); })) { return; }
      names.forEach(function (n) { text = text.replaceAll(n, ''); });
      if (!/\p{L}{2}/u.test(text.replace(/\b[A-Z][\w.]*\b/g, ''))) { return; } // codes, numbers, names
      if (lang.startsWith('zh') !== han(text)) { wrong.push(name(el) + ' is in another language: ' + text); }
    });
    return wrong;
  }

  function colour(css) {
    var m = /^rgba?\(([\d.]+), ([\d.]+), ([\d.]+)(?:, ([\d.]+))?\)$/.exec(css);
    if (!m) { throw new Error('a colour that this cannot read: ' + css); }
    return [+m[1], +m[2], +m[3], m[4] === undefined ? 1 : +m[4]];
  }
  function over(top, bottom) {
    return [0, 1, 2].map(function (i) { return top[i] * top[3] + bottom[i] * (1 - top[3]); }).concat(1);
  }
  function luminance(c) {
    var l = c.slice(0, 3).map(function (v) {
      v /= 255;
      return v <= 0.04045 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4);
    });
    return 0.2126 * l[0] + 0.7152 * l[1] + 0.0722 * l[2];
  }
  function ratio(a, b) {
    var x = luminance(a), y = luminance(b);
    return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
  }

  // What lies behind the text of an element.
  function ground(el) {
    var layers = [];
    for (var up = el; up; up = up.parentElement) {
      var style = getComputedStyle(up);
      if (style.backgroundImage !== 'none') { throw new Error('text on a picture: ' + name(up)); }
      layers.push(colour(style.backgroundColor));
      if (layers[layers.length - 1][3] === 1) { break; }
    }
    var base = matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18, 1] : [255, 255, 255, 1];
    return layers.reverse().reduce(function (below, layer) { return over(layer, below); }, base);
  }

  function opacity(el) {
    var all = 1;
    for (var up = el; up; up = up.parentElement) { all *= +getComputedStyle(up).opacity; }
    return all;
  }

  // WCAG 2 AA: 4.5, and 3 for large text.
  function contrast() {
    var wrong = [], checked = 0;
    function look(el, style, text) {
      var size = parseFloat(style.fontSize), bold = +style.fontWeight >= 700;
      var least = size >= 24 || bold && size >= 18.66 ? 3 : 4.5;
      var behind = ground(el), front = colour(style.color);
      front[3] *= opacity(el);
      var is = ratio(over(front, behind), behind);
      checked++;
      if (is < least) { wrong.push(name(el) + ' ' + is.toFixed(2) + ' < ' + least + ': ' + text.slice(0, 40)); }
    }
    all('body *').forEach(function (el) {
      if (el.matches(':disabled') || el.closest('label') && el.closest('label').querySelector(':disabled')) { return; }
      var text = ownText(el) || el.matches('input:not([type=checkbox]):not([type=radio]), select') && (el.value || el.placeholder);
      if (text) { look(el, getComputedStyle(el), text); }
      ['::before', '::after'].forEach(function (part) {
        var style = getComputedStyle(el, part);
        if (/[^\s"]/.test(style.content) && !/^(none|normal)$/.test(style.content) && style.display !== 'none') { look(el, style, style.content); }
      });
    });
    if (!checked) { wrong.push('no text at all'); }
    return wrong;
  }

  return { overflow: overflow, headings: headings, languages: languages, contrast: contrast };
})()
