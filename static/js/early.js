// The first script of every page, and no module, so that it runs before anything is shown: a click on what a module will
// serve (`data-waits`) is kept until that module says that it is there (`ready` in dom.js). A slow line loses no click.

{
  /** @type {Map<Element, HTMLElement>} the last click in each place that waits */
  const kept = new Map();

  document.addEventListener("click", ({ target }) => {
    const place = target instanceof HTMLElement ? target.closest("[data-waits]") : null;
    if (place && target instanceof HTMLElement) kept.set(place, target);
  });

  document.addEventListener("tadwin:ready", ({ target }) => {
    if (!(target instanceof Element)) return;
    target.removeAttribute("data-waits");
    kept.get(target)?.click();
    kept.delete(target);
  });
}
