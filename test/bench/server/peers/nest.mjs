// A Nest gateway on the stock WsAdapter that returns an Observable, as Nest's documentation shows it. No auth, no resume.
import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WsAdapter } from '@nestjs/platform-ws';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { concat, from, map, of } from 'rxjs';
import { tokensOf } from './tokens.mjs';

class ChatGateway {
  chat({ content }) {
    const id = randomUUID();
    let seq = 0;
    const frame = (event, more) => ({
      event,
      data: { id, seq: ++seq, timestamp: new Date().toISOString(), ...more },
    });
    return concat(
      of('start').pipe(map((event) => frame(event))),
      from(tokensOf(content)).pipe(map((chunk) => frame('chunk', { chunk }))),
      of('end').pipe(map((event) => frame(event))),
    );
  }
}
// Decorators by hand: this file needs no compiler.
const chat = Object.getOwnPropertyDescriptor(ChatGateway.prototype, 'chat');
SubscribeMessage('chat')(ChatGateway.prototype, 'chat', chat);
MessageBody()(ChatGateway.prototype, 'chat', 0);
WebSocketGateway({ path: '/' })(ChatGateway);

class AppModule {}
Module({ providers: [ChatGateway] })(AppModule);

const app = await NestFactory.create(AppModule, { logger: ['error'] });
app.useWebSocketAdapter(new WsAdapter(app));
await app.listen(0, '127.0.0.1');
console.log(`listening on ${app.getHttpServer().address().port}`);
