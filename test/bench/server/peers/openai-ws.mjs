// openai and ws by hand: a frame for each token. No auth, no resume.
import { randomUUID } from 'node:crypto';
import { WebSocketServer } from 'ws';
import { tokensOf } from './tokens.mjs';

async function answer(socket, { data: question }) {
  const id = randomUUID();
  let seq = 0;
  const send = (event, more) => {
    socket.send(JSON.stringify({ event, data: { id, seq: ++seq, timestamp: new Date().toISOString(), ...more } }));
  };
  send('start');
  for await (const chunk of tokensOf(question.content)) send('chunk', { chunk });
  send('end');
}

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, backlog: 4096 });
server.on('listening', () => console.log(`listening on ${server.address().port}`));
server.on('connection', (socket) => {
  socket.on('message', (message) => void answer(socket, JSON.parse(Buffer.from(message).toString())));
});
