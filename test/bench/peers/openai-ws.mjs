// openai and ws by hand: a frame for each token. No auth, no resume.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { tokensOf } from './tokens.mjs';

const server = createServer();
new WebSocketServer({ server }).on('connection', (socket) => {
  socket.on('message', async (message) => {
    const { data: question } = JSON.parse(message.toString());
    const id = randomUUID();
    let seq = 0;
    const send = (event, more) => {
      socket.send(JSON.stringify({ event, data: { id, seq: ++seq, timestamp: new Date().toISOString(), ...more } }));
    };
    send('start');
    for await (const chunk of tokensOf(question.content)) send('chunk', { chunk });
    send('end');
  });
});
server.listen(0, '127.0.0.1', 4096, () => console.log(`listening on ${server.address().port}`));
