// Swagger UI and ReDoc make style elements as they go. Our Content Security Policy lets in those that carry this page's
// nonce; their own ways to be told of one are compiled away.
const nonce = document.currentScript?.nonce ?? "";
const create = Document.prototype.createElement;

Document.prototype.createElement = function createElement(
  /** @type {string} */ name,
  /** @type {ElementCreationOptions} */ options,
) {
  const element = create.call(this, name, options);
  if (element instanceof HTMLStyleElement) element.nonce = nonce;
  return element;
};
