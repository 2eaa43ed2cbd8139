export { mount } from './chat-stream.js';
