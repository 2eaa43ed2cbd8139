import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';
import { type Config, ConfigError, readConfig } from './config.js';
import { ChatStreamWsAdapter } from './gateway/ws-adapter.js';
import { openEmbeddedStore } from './store/embedded-store.js';
import { StoreError } from './store/store-error.js';

const logger = new Logger('ChatStream');

async function start(config: Config): Promise<void> {
  const store = openEmbeddedStore(config.dataDir, { warn: (message) => logger.warn(message) });
  const app = await NestFactory.create<NestExpressApplication>(AppModule.forConfig(config, store), {
    // Nest's own account of every route it maps would bury the one line that matters.
    logger: ['warn', 'error', 'fatal'],
    abortOnError: false,
    // Bodies are read by our own codec, with its limits and its errors.
    bodyParser: false,
  });
  app.disable('x-powered-by');
  app.useWebSocketAdapter(new ChatStreamWsAdapter(app));
  // With code 0 once everything is closed: by the signal itself, a supervisor would have to know that it was meant.
  app.enableShutdownHooks([], { useProcessExit: true });
  limitShutdown(config.shutdownLimitMs);
  await app.listen(config.port, config.host);

  const { port } = app.getHttpServer().address() as AddressInfo;
  for (const warning of config.warnings) logger.warn(warning);
  const who = config.openAi === undefined ? 'the demo agent (no model is configured)' : config.openAi.model;
  const host = config.host === '127.0.0.1' ? 'localhost' : config.host;
  process.stdout.write(`chat-stream: open http://${host}:${port} to chat with ${who}.\n`);
}

/** Whatever hangs, the process is gone in time, and says that it had to be forced. */
function limitShutdown(limitMs: number): void {
  const force = () => {
    process.stderr.write(`chat-stream: the stop was not over after ${limitMs} ms; the process ends as it is.\n`);
    process.exit(1);
  };
  const arm = () => void setTimeout(force, limitMs).unref();
  process.once('SIGTERM', arm).once('SIGINT', arm);
}

/** One sentence for what whoever started us can mend; the whole error for the rest. */
function explain(error: unknown): string | undefined {
  if (error instanceof ConfigError || error instanceof StoreError) return error.message;
  const { code } = error as { code?: unknown };
  if (code === 'EADDRINUSE') return 'The port is in use: set PORT to another one.';
  if (code === 'EACCES') return 'The port needs privileges: set PORT to one above 1023.';
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return 'HOST is not an address of this machine.';
  return undefined;
}

/**
 * Starts the service. What keeps it from starting is said on stderr, and the process ends with code 1.
 *
 * @param env The settings: the table in the README.
 */
export async function run(env: NodeJS.ProcessEnv): Promise<void> {
  try {
    await start(readConfig(env));
  } catch (error) {
    const sentence = explain(error);
    if (sentence === undefined) logger.error(error);
    else process.stderr.write(`chat-stream: ${sentence}\n`);
    process.exitCode = 1;
  }
}
