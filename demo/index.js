// The start page's own script. The chat needs none of it: it comes with the script tag.

const note = document.getElementById('note');
const snippet = document.getElementById('snippet');
const copy = document.getElementById('copy');

const tag = `<script src="${location.origin}/chat-stream.js" data-mode="launcher" async></script>`;
snippet.textContent = tag;

copy.addEventListener('click', () => {
  copyText(tag).then(
    () => say('Copied'),
    () => {
      // No clipboard here: the text is selected, and Ctrl+C does the rest.
      getSelection()?.selectAllChildren(snippet);
      say('Selected');
    },
  );
});

/** Not every page may use the clipboard, and where it may not there is no `navigator.clipboard` at all. */
async function copyText(text) {
  await navigator.clipboard.writeText(text);
}

function say(word) {
  copy.textContent = word;
  setTimeout(() => (copy.textContent = 'Copy'), 2000);
}

/** Says who answers, and, where it is only the demo agent, how to talk to a real model. */
async function sayWhoAnswers() {
  const response = await fetch('/api/config', { headers: { Accept: 'application/json' } });
  if (!response.ok) return;
  const config = await response.json();
  if (config.demo !== true) return;
  note.append(
    'No ',
    code('OPENAI_API_KEY'),
    ' set: the built-in demo agent answers. Set ',
    code('OPENAI_API_KEY'),
    ', or ',
    code('OPENAI_BASE_URL'),
    ' and ',
    code('OPENAI_MODEL'),
    ', to talk to a real model.',
  );
  note.hidden = false;
}

function code(text) {
  const element = document.createElement('code');
  element.textContent = text;
  return element;
}

sayWhoAnswers().catch(() => {
  // The chat itself says that the server is not there; a second voice would not help.
});
