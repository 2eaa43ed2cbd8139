// The least a server can do: bytes of the model's answer passed through by node:http. No ids, no auth, no resume.
import { Agent, createServer, request } from 'node:http';

const upstream = new URL(process.env.UPSTREAM);
const agent = new Agent({ keepAlive: true, maxSockets: Infinity });

const server = createServer((incoming, response) => {
  const { url: path, method } = incoming;
  const headers = { 'content-type': 'application/json', 'content-length': incoming.headers['content-length'] };
  const asked = request({ host: upstream.hostname, port: upstream.port, path, method, agent, headers }, (answer) => {
    response.writeHead(answer.statusCode, { 'content-type': answer.headers['content-type'] });
    answer.pipe(response);
  });
  asked.on('error', () => response.destroy());
  response.on('close', () => asked.destroy());
  incoming.pipe(asked);
});
server.listen(0, '127.0.0.1', 4096, () => console.log(`listening on ${server.address().port}`));
