// openai and Socket.IO with connection state recovery, which is its way to resume.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { tokensOf } from './tokens.mjs';

const server = createServer();
const io = new Server(server, { connectionStateRecovery: { maxDisconnectionDuration: 120_000 } });
io.on('connection', (socket) => {
  socket.on('chat', async ({ content }) => {
    const id = randomUUID();
    let seq = 0;
    const send = (event, more) => {
      socket.emit(event, { id, seq: ++seq, timestamp: new Date().toISOString(), ...more });
    };
    send('start');
    for await (const chunk of tokensOf(content)) send('chunk', { chunk });
    send('end');
  });
});
server.listen(0, '127.0.0.1', 4096, () => console.log(`listening on ${server.address().port}`));
