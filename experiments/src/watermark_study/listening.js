// One card a recording: A unmarked, B marked, X one of them at random; switching keeps the place.
document.querySelectorAll('.card[data-n]').forEach((card) => {
  const [a, b, d] = ['a', 'b', 'd'].map((k) => card.querySelector(`audio.${k}`));
  const score = card.querySelector('.score');
  let x = Math.random() < 0.5 ? a : b, tries = 0, right = 0;
  const play = (chosen) => {
    const at = Math.max(...[a, b, d].map((e) => (e.paused ? 0 : e.currentTime)));
    document.querySelectorAll('audio').forEach((e) => { e.pause(); });
    chosen.currentTime = at;
    chosen.play();
  };
  const guess = (chosen) => {
    tries += 1;
    right += chosen === x ? 1 : 0;
    score.textContent = `${right} of ${tries} right (guessing gives half)`;
    x = Math.random() < 0.5 ? a : b;
  };
  card.querySelectorAll('button').forEach((button) => {
    const act = { a: () => play(a), b: () => play(b), d: () => play(d), x: () => play(x),
      stop: () => [a, b, d].forEach((e) => e.pause()), isa: () => guess(a), isb: () => guess(b) };
    button.addEventListener('click', act[button.dataset.do]);
  });
});
