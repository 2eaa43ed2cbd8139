/** `<chat-stream>` for bundlers. Importing this defines nothing and touches nothing: `@chat-stream/widget/define` registers. */
export { ChatStreamElement, type SendOptions } from './chat-stream.js';
export { setDefaultServer } from './connection/server.js';
export type { ChatStreamLink, ConnectionState, LinkHandlers } from './connection/transport.js';
export type { PageTool } from './conversation/page-tools.js';
export type { ChatStatus } from './conversation/progress.js';
export { CHAT_STREAM_ERROR_CODES, ChatStreamError, type ChatStreamErrorCode } from './errors.js';
export type * from './events.js';
export type { BlockInfo, BlockRenderer, BlockView, Renderers } from './markdown/block-view.js';
export type { Mode, Scroll, Theme, TransportName } from './settings.js';
export type { ChatStreamStrings } from './strings.js';
export { DEFAULT_STRINGS } from './all-strings.js';
export type { Attachment, ClientFrameInput, Cursor, Message, ServerFrameInput } from '@chat-stream/protocol';
