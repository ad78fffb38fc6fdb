'use strict';
(() => {
  const song = document.getElementById('song');
  const line = document.getElementById('timeline');
  const head = document.getElementById('head');
  const timed = [...document.querySelectorAll('[data-s]')].map(
    (node) => ({ node, start: +node.dataset.s, end: +node.dataset.e }));

  const seek = (seconds) => { song.currentTime = seconds; song.play(); };
  line.addEventListener('click', (event) => {
    const box = line.getBoundingClientRect();
    seek((event.clientX - box.left) / box.width * +line.dataset.duration);
  });
  document.querySelectorAll('.lyrics .w').forEach(
    (word) => word.addEventListener('click', () => seek(+word.dataset.s)));

  const draw = () => {
    const now = song.currentTime;
    head.style.left = `${100 * now / +line.dataset.duration}%`;
    for (const item of timed) {
      item.node.classList.toggle('now', !song.paused && now >= item.start && now < item.end);
    }
    if (!song.paused) requestAnimationFrame(draw);
  };
  song.addEventListener('play', () => { stopClip(); requestAnimationFrame(draw); });
  song.addEventListener('seeked', draw);
  song.addEventListener('pause', draw);

  let clip = null;
  let button = null;
  const icon = (b, playing) => {
    b.querySelector('path').setAttribute('d', playing ? 'M2 1h4v12H2zM8 1h4v12H8z' : 'M2 0l11 7-11 7z');
  };
  function stopClip() {
    if (clip) { clip.pause(); icon(button, false); clip = null; }
  }
  document.querySelectorAll('button.play').forEach((b) => b.addEventListener('click', () => {
    const wanted = document.getElementById(b.dataset.clip);
    const again = clip === wanted;
    stopClip();
    if (again) return;
    song.pause();
    clip = wanted; button = b;
    clip.currentTime = 0;
    clip.play();
    icon(b, true);
    clip.onended = stopClip;
  }));
})();
