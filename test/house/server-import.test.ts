import { describe, expect, it } from 'vitest';

describe('on a server, where there is no document', () => {
  it.each(['@chat-stream/widget', '@chat-stream/widget/define'])(
    '%s can be imported, and defines nothing',
    async (name) => {
      expect('document' in globalThis).toBe(false);
      const widget = (await import(name)) as { ChatStreamElement: unknown };
      expect(widget.ChatStreamElement).toBeTypeOf('function');
      expect('document' in globalThis).toBe(false);
    },
  );
});
