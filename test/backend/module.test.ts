import 'reflect-metadata';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, Get, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { type Agent, ChatStreamModule, ChatStreamWsAdapter } from '@chat-stream/backend';
import { of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { TestClient } from '../support/ws-client.js';

@Injectable()
class TeamAgent implements Agent {
  readonly info = { name: 'team' };
  execute() {
    return of({ type: 'text' as const, text: "the team's answer" });
  }
}

@Module({ providers: [TeamAgent], exports: [TeamAgent] })
class TeamModule {}

class TeamGateway {
  echo(_client: unknown, data: unknown) {
    return { event: 'echo', data };
  }
}
WebSocketGateway({ path: '/team' })(TeamGateway);
SubscribeMessage('echo')(
  TeamGateway.prototype,
  'echo',
  Object.getOwnPropertyDescriptor(TeamGateway.prototype, 'echo')!,
);

const NONE = { llamaStack: false, health: false };

/** Routes of the team, where ours would be or next to them. */
const OF_THE_TEAM = ['/v1/health', '/v1/models/ours', '/health/live', '/api/team'];

class TeamController {
  answer() {
    return "the team's";
  }
}
Controller()(TeamController);
Get(OF_THE_TEAM)(
  TeamController.prototype,
  'answer',
  Object.getOwnPropertyDescriptor(TeamController.prototype, 'answer')!,
);

const chat = ChatStreamModule.forRootAsync({
  imports: [TeamModule],
  inject: [TeamAgent],
  useFactory: (agent: TeamAgent) => ({ agents: [agent] }),
});

describe("in a team's own application", () => {
  it('answers with an agent that is a provider, beside a gateway of the team', async () => {
    Module({ imports: [chat], providers: [TeamGateway] })(TeamApp);
    const app = await NestFactory.create(TeamApp, { logger: false });
    app.useWebSocketAdapter(new ChatStreamWsAdapter(app));
    await app.listen(0, '127.0.0.1');
    const { port } = (app.getHttpServer() as Server).address() as AddressInfo;

    const { client } = await TestClient.open(`ws://127.0.0.1:${port}/ws/chat`);
    client.send({ type: 'message', content: 'hi' });
    expect((await client.answer()).text).toBe("the team's answer");

    const socket = new WebSocket(`ws://127.0.0.1:${port}/team`);
    await new Promise((resolve) => socket.once('open', resolve));
    const reply = new Promise<string>((resolve) => socket.once('message', (data: Buffer) => resolve(data.toString())));
    socket.send(JSON.stringify({ event: 'echo', data: 5 }));
    expect(JSON.parse(await reply)).toEqual({ event: 'echo', data: 5 });
    socket.terminate();
    await client.close();
    await app.close();
  });

  it.each([
    ['forRoot', ChatStreamModule.forRoot({ agents: [new TeamAgent()], routes: NONE })],
    [
      'forRootAsync',
      ChatStreamModule.forRootAsync({ useFactory: () => ({ agents: [new TeamAgent()] }), routes: NONE }),
    ],
  ])('leaves the routes that no page needs to the application where %s is told to', async (_how, module) => {
    // Before the team's own: the first that has a route is the one that answers.
    class RoutesApp {}
    Module({ imports: [module], controllers: [TeamController] })(RoutesApp);
    const app = await NestFactory.create(RoutesApp, { logger: false });
    app.useWebSocketAdapter(new ChatStreamWsAdapter(app));
    await app.listen(0, '127.0.0.1');
    const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    for (const path of OF_THE_TEAM) expect(await (await fetch(url + path)).text()).toBe("the team's");
    for (const path of ['/v1/agents', '/v1alpha/models']) expect((await fetch(url + path)).status).toBe(404);
    expect((await fetch(`${url}/api/config`)).status).toBe(200);
    // Who may ask is for the team to say, also where our own routes are.
    const headers = { origin: 'http://localhost:8080', 'access-control-request-method': 'GET' };
    const preflight = async (path: string) => (await fetch(url + path, { method: 'OPTIONS', headers })).status;
    expect(await preflight('/api/chat/sessions')).toBe(204);
    for (const path of OF_THE_TEAM) expect(await preflight(path)).toBe(404);
    await app.close();
  });

  it('says what to do when the adapter is missing', async () => {
    Module({ imports: [chat] })(BareApp);
    const { WsAdapter } = await import('@nestjs/platform-ws');
    const app = await NestFactory.create(BareApp, { logger: false, abortOnError: false });
    app.useWebSocketAdapter(new WsAdapter(app));
    await expect(app.init()).rejects.toThrow('useWebSocketAdapter(new ChatStreamWsAdapter(app))');
    await app.close().catch(() => undefined);
  });
});

class TeamApp {}
class BareApp {}
