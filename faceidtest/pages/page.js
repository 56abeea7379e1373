// Without this script everything stands on one page, and the title stays in the
// language that the server chose.
(function () {
  'use strict';
  var root = document.documentElement;
  function id(name) { return document.getElementById(name); }

  function speak(radio) {
    if (!radio.checked) { return; }
    root.lang = radio.value;
    document.title = document.querySelector('title').getAttribute(radio.value === 'en' ? 'data-en' : 'data-zh');
  }
  [id('lang-zh'), id('lang-en')].forEach(function (radio) {
    radio.addEventListener('change', function () { speak(radio); });
    speak(radio); // the browser may have restored another choice
  });

  var form = id('verify');
  if (!form) { return; }
  var steps = form.querySelectorAll('.step'), marks = id('steps').children, at = 0;

  function show(n) {
    at = n;
    for (var i = 0; i < steps.length; i++) {
      steps[i].hidden = i !== n;
      marks[i].className = i < n ? 'done' : '';
      if (i === n) { marks[i].setAttribute('aria-current', 'step'); } else { marks[i].removeAttribute('aria-current'); }
    }
  }
  function go(n) {
    show(n);
    steps[n].querySelector('h2').focus(); // a screen reader follows the focus
  }
  function film() {
    var calm = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
    var began = Date.now(), bar = id('progress');
    var timer = setInterval(function () {
      var part = Math.min(1, (Date.now() - began) / 1000);
      bar.value = calm ? 50 : 100 * part; // without motion the bar stands still
      if (part < 1) { return; }
      clearInterval(timer);
      bar.value = 100;
      go(2);
    }, 40);
  }
  function begin() {
    if (at !== 0 || !id('consent').reportValidity()) { return; }
    go(1);
    film();
  }

  id('steps').hidden = false;
  id('begin').hidden = false;
  show(0);
  id('begin').addEventListener('click', begin);
  form.addEventListener('submit', function (event) {
    if (at !== 2) { // the person pressed Enter in the checkbox
      event.preventDefault();
      begin();
      return;
    }
    id('finish').disabled = true; // the form works once
  });
  window.addEventListener('pageshow', function () { id('finish').disabled = false; });
})();
