import { llamaStack } from '@chat-stream/protocol';
import { Inject, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { ChatError } from '../chat-error.js';
import type { IdentifiedRequest } from '../http/access.guard.js';
import { textBody } from '../http/request-body.js';
import { CHAT_STREAM_OPTIONS, type ResolvedOptions } from '../options.js';
import type { Session } from '../session/session.js';
import { Sessions } from '../session/sessions.js';
import {
  AGENT_DEFINITIONS,
  type AgentDefinition,
  type AgentDefinitions,
  type AgentSession,
  type ListOptions,
} from './agent-definitions.js';
import { notFound } from './refusal.js';

/** Where a request leads: an agent, and a session of it. */
export interface Place {
  readonly agent: AgentDefinition;
  readonly link: AgentSession;
}

/** The most that a list holds where nobody asks for less. */
const LIST_LIMIT = 1_000;

/** What the routes under `/v1/agents` share: who may see what, and how bodies are read. */
@Injectable()
export class LlamaStackService {
  constructor(
    @Inject(AGENT_DEFINITIONS) readonly definitions: AgentDefinitions,
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(CHAT_STREAM_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /** @throws {Refusal} 404, the same for an agent of someone else and one that is not there. */
  async agent(id: string, { identity }: IdentifiedRequest): Promise<AgentDefinition> {
    const agent = await this.definitions.getAgent(id);
    if (agent === undefined || agent.owner !== identity.subject) throw notFound('Agent', id);
    return agent;
  }

  /** @throws {Refusal} 404 */
  async place(agentId: string, sessionId: string, request: IdentifiedRequest): Promise<Place> {
    const agent = await this.agent(agentId, request);
    const link = await this.definitions.getSession(agentId, sessionId);
    if (link === undefined) throw notFound('Session', sessionId);
    return { agent, link };
  }

  /** Opens the session until `release` is called. */
  async open({ agent, link }: Place): Promise<{ session: Session; release: () => void }> {
    const session = await this.sessions.acquire(link.id, agent.owner);
    return { session, release: () => this.sessions.release(session) };
  }

  /** Opens the session for as long as `work` takes. */
  async within<T>(place: Place, work: (session: Session) => Promise<T>): Promise<T> {
    const { session, release } = await this.open(place);
    try {
      return await work(session);
    } finally {
      release();
    }
  }

  /** Forgets a session with all that was said in it. */
  async forget(agent: AgentDefinition, sessionId: string): Promise<void> {
    try {
      await this.sessions.forget(sessionId, agent.owner, 'everything');
    } catch (error) {
      // It may have been forgotten over the chat before.
      if (!(error instanceof ChatError) || error.code !== 'not_found') throw error;
    }
    await this.definitions.deleteSession(agent.id, sessionId);
  }

  /** Reads the body of a request, whatever it says that it accepts. */
  async body<T>(schema: Parameters<typeof llamaStack.decodeBody<T>>[0], request: Request): Promise<T> {
    const { messageBytes, depth } = this.options.limits;
    const text = await textBody(request, this.options.limits);
    return llamaStack.decodeBody(schema, text === '' ? '{}' : text, { maxBytes: messageBytes, maxDepth: depth });
  }
}

/** The part of a list that a query asks for. */
export function listOptions({ start_index, limit }: Record<string, unknown>): ListOptions {
  return { start: count(start_index) ?? 0, limit: Math.min(count(limit) ?? LIST_LIMIT, LIST_LIMIT) };
}

function count(value: unknown): number | undefined {
  return typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : undefined;
}
